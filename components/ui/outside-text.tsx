import { createElement, type ReactNode } from 'react'
import { type TextPart, visibleParts } from '@/lib/display/visible-text'

/** More notations than this are shown without their look: a name of a megabyte is no page of a million elements. */
const maxMarked = 50

/**
 * Text that came from a target or a sandbox: names, commands, paths, messages. What cannot be seen in it is shown by
 * its number, and its direction of writing stays its own. Everything from outside is rendered through this, or through
 * `visibleText` where only a text is taken.
 */
export function OutsideText({
  text,
  lines = false,
}: {
  text: string
  /** The place shows several lines, so line feeds are kept. */
  lines?: boolean
}) {
  const parts = visibleParts(text, { lines })
  if (parts.length <= 1 && !parts[0]?.hidden) return <bdi>{text}</bdi>
  const marked = parts.slice(0, maxMarked).map(marking)
  const rest = parts.slice(maxMarked).map((part) => part.text)
  return createElement('bdi', null, ...marked, rest.join(''))
}

function marking({ text, hidden }: TextPart): ReactNode {
  if (hidden === null) return text
  return (
    <span data-hidden={codeUnits(hidden)} className="font-mono text-[0.85em] font-normal text-ink-3 select-all">
      {text}
    </span>
  )
}

/** As hexadecimal numbers: an attribute cannot hold every character. A run is told by its length. */
function codeUnits(hidden: string): string {
  const unit = (at: number) => hidden.charCodeAt(at).toString(16)
  const one = hidden.codePointAt(0) ?? 0
  const length = one > 0xffff ? 2 : 1
  return `${length === 2 ? `${unit(0)},${unit(1)}` : unit(0)}*${hidden.length / length}`
}

/** A string that may come from outside, among other things that a component takes. */
export function shown(node: ReactNode): ReactNode {
  return typeof node === 'string' ? <OutsideText text={node} /> : node
}
