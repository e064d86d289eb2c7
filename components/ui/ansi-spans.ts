/**
 * Splits output into spans of one style. Colours come from the palette of the page, so that output cannot be made
 * invisible; concealed text is shown, and all other escape sequences are left out.
 */
import type { CSSProperties } from 'react'

interface Style {
  color: string | null
  background: string | null
  bold: boolean
  dim: boolean
  italic: boolean
  underline: boolean
  inverse: boolean
}

const plain: Style = {
  color: null,
  background: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
}

/** Sequences that end in a letter, titles and links, and single characters after an escape. */
const sequence = /\x1b(?:\[([\d;:]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g

export interface AnsiSpan {
  text: string
  /** Null for the plain style. */
  css: CSSProperties | null
}

export function ansiSpans(text: string): AnsiSpan[] {
  if (!text.includes('\x1b')) return [{ text, css: null }]
  const spans: AnsiSpan[] = []
  let style = plain
  let from = 0
  const push = (to: number) => {
    if (to > from) spans.push({ text: text.slice(from, to), css: style === plain ? null : cssOf(style) })
  }
  for (const match of text.matchAll(sequence)) {
    push(match.index)
    from = match.index + match[0].length
    if (match[2] === 'm') style = styleAfter(style, match[1] ?? '')
  }
  push(text.length)
  return spans
}

/** The text without its escape sequences. */
export function withoutAnsi(text: string): string {
  return text.includes('\x1b') ? text.replace(sequence, '') : text
}

function cssOf({ color, background, bold, dim, italic, underline, inverse }: Style): CSSProperties {
  return {
    ...(inverse
      ? { color: background ?? 'var(--term)', backgroundColor: color ?? 'var(--ink)' }
      : {
          ...(color ? { color } : {}),
          ...(background ? { backgroundColor: background, color: color ?? 'var(--term)' } : {}),
        }),
    ...(bold ? { fontWeight: 600 } : {}),
    ...(dim && !color && !inverse && !background ? { color: 'var(--ink-3)' } : {}),
    ...(italic ? { fontStyle: 'italic' } : {}),
    ...(underline ? { textDecoration: 'underline' } : {}),
  }
}

function styleAfter(style: Style, params: string): Style {
  const codes = params.split(/[;:]/).map(Number)
  let next = style
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0
    if (code === 38 || code === 48) {
      const [color, length] = extendedColor(codes.slice(index + 1))
      next = code === 38 ? { ...next, color } : { ...next, background: color }
      index += length
    } else {
      next = { ...next, ...simple(code) }
    }
  }
  return next
}

function simple(code: number): Partial<Style> {
  if (code === 0) return plain
  if (code === 1) return { bold: true }
  if (code === 2) return { dim: true }
  if (code === 3) return { italic: true }
  if (code === 4) return { underline: true }
  if (code === 7) return { inverse: true }
  if (code === 22) return { bold: false, dim: false }
  if (code === 23) return { italic: false }
  if (code === 24) return { underline: false }
  if (code === 27) return { inverse: false }
  if (code === 39) return { color: null }
  if (code === 49) return { background: null }
  if (code >= 30 && code <= 37) return { color: ansi(code - 30) }
  if (code >= 90 && code <= 97) return { color: ansi(code - 82) }
  if (code >= 40 && code <= 47) return { background: ansi(code - 40) }
  if (code >= 100 && code <= 107) return { background: ansi(code - 92) }
  return {}
}

function ansi(index: number): string {
  return `var(--ansi-${index})`
}

/** Colours of 256 and true colours become the nearest of the palette, which is readable in both themes. */
function extendedColor(codes: readonly number[]): [string | null, number] {
  if (codes[0] === 5) {
    const index = codes[1] ?? 0
    return [index < 16 ? ansi(index) : nearest(...cube(index)), 2]
  }
  if (codes[0] === 2) return [nearest(codes[1] ?? 0, codes[2] ?? 0, codes[3] ?? 0), 4]
  return [null, codes.length]
}

function cube(index: number): [number, number, number] {
  if (index >= 232) return [8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10]
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40)
  const at = index - 16
  return [level(Math.floor(at / 36)), level(Math.floor(at / 6) % 6), level(at % 6)]
}

/** The hue of a colour as one of the palette; null, the text colour, for greys. */
function nearest(red: number, green: number, blue: number): string | null {
  const max = Math.max(red, green, blue)
  if (max - Math.min(red, green, blue) < 40) return null
  const bits = (red > max / 2 ? 1 : 0) + (green > max / 2 ? 2 : 0) + (blue > max / 2 ? 4 : 0)
  return ansi(bits === 7 || bits === 0 ? 7 : bits)
}
