/** Colours and styles of output (SGR), reduced to those that cannot hide text, in one unambiguous form. */

/** Bold, dim, italic, underline, inverse, strikethrough, double underline, and the codes that end styles. */
const styles = new Set([0, 1, 2, 3, 4, 7, 9, 21, 22, 23, 24, 27, 28, 29, 39, 49, 53, 55, 59])
/** Foreground, background and underline colour, each followed by a colour. */
const colors = new Set([38, 48, 58])

export interface Rendition {
  /** Parameters for the terminal. */
  params: string
  /** Whether later text is inverse; null where that does not change. */
  inverse: boolean | null
}

/** The displayed part of some SGR parameters; null for none. Concealed (8) and blinking text (5, 6) are left out. */
export function safeRendition(params: string): Rendition | null {
  const cached = cache.get(params)
  if (cached !== undefined) return cached
  const rendition = readRendition(params)
  if (cache.size < maxCached && params.length < 32) cache.set(params, rendition)
  return rendition
}

/** Output repeats a few renditions very often. */
const cache = new Map<string, Rendition | null>()
const maxCached = 1000

function readRendition(params: string): Rendition | null {
  const tokens = params.split(';')
  const safe: string[] = []
  let inverse: boolean | null = null
  while (tokens.length > 0) {
    const code = readCode(tokens)
    if (code === undefined) break
    if (code === null) continue
    safe.push(code)
    inverse = inverseAfter(code) ?? inverse
  }
  return safe.length === 0 ? null : { params: safe.join(';'), inverse }
}

/**
 * Remove the next code with its parameters from `tokens`.
 * @returns its safe form; null where it has none; undefined for an unknown kind of colour, whose length is unknown too
 */
function readCode(tokens: string[]): string | null | undefined {
  const token = tokens.shift() ?? ''
  if (token.includes(':')) return safeSubParameters(token)
  const code = Number(token)
  if (colors.has(code)) {
    const color = readColor(tokens)
    if (color === null) return undefined
    tokens.splice(0, color.length)
    return [code, ...color].join(';')
  }
  return styles.has(code) || isBasicColor(code) ? String(code) : null
}

function inverseAfter(code: string): boolean | null {
  if (code === '7') return true
  return code === '0' || code === '27' ? false : null
}

function isBasicColor(code: number): boolean {
  return (
    (code >= 30 && code <= 37) ||
    (code >= 40 && code <= 47) ||
    (code >= 90 && code <= 97) ||
    (code >= 100 && code <= 107)
  )
}

/** `5;n` or `2;r;g;b` as numbers. */
function readColor(tokens: readonly string[]): number[] | null {
  const count = tokens[0] === '5' ? 2 : tokens[0] === '2' ? 4 : 0
  const numbers = tokens.slice(0, count).map((token) => (token === '' ? 0 : Number(token)))
  if (count === 0 || numbers.length < count || numbers.some((number) => !(number <= 255))) return null
  return numbers
}

/** `4:3`, `38:5:n`, `38:2:r:g:b` and `38:2:space:r:g:b`. */
function safeSubParameters(token: string): string | null {
  const [code, kind, ...rest] = token.split(':')
  if (code === '4') return /^[0-5]$/.test(kind ?? '') ? token.slice(0, 3) : null
  if (!colors.has(Number(code)) || (kind !== '5' && kind !== '2')) return null
  const color = readColor([kind, ...(kind === '2' && rest.length > 3 ? rest.slice(1) : rest)])
  return color === null ? null : [code, ...color].join(';')
}
