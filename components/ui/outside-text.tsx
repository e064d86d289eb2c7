import { createElement, type ReactNode } from 'react'
import { type TextPart, visibleParts } from '@/lib/display/visible-text'

/** Replacements beyond this number are plain text, so that a hostile name of a megabyte does not make a million elements. */
const maxHighlighted = 50

/**
 * Untrusted text from a target or a sandbox: names, commands, paths, messages. Invisible characters are shown by their
 * code points, and the text's writing direction does not affect its surroundings. Render all such text with this, or
 * with `visibleText` where only a string is accepted.
 */
export function OutsideText({
  text,
  lines = false,
}: {
  text: string
  /** Keep line feeds, for multi-line elements. */
  lines?: boolean
}) {
  const parts = visibleParts(text, { lines })
  if (parts.length <= 1 && !parts[0]?.hidden) return <bdi>{text}</bdi>
  const marked = parts.slice(0, maxHighlighted).map(highlight)
  const rest = parts.slice(maxHighlighted).map((part) => part.text)
  return createElement('bdi', null, ...marked, rest.join(''))
}

function highlight({ text, hidden }: TextPart): ReactNode {
  if (hidden === null) return text
  return (
    <span data-hidden={codeUnits(hidden)} className="font-mono text-[0.85em] font-normal text-ink-3 select-all">
      {text}
    </span>
  )
}

/** UTF-16 code units in hexadecimal, because an attribute cannot hold every character, and a repeat count. */
function codeUnits(hidden: string): string {
  const unit = (at: number) => hidden.charCodeAt(at).toString(16)
  const one = hidden.codePointAt(0) ?? 0
  const length = one > 0xffff ? 2 : 1
  return `${length === 2 ? `${unit(0)},${unit(1)}` : unit(0)}*${hidden.length / length}`
}

/** Wraps a string in `OutsideText`; other nodes are returned unchanged. */
export function wrapText(node: ReactNode): ReactNode {
  return typeof node === 'string' ? <OutsideText text={node} /> : node
}
