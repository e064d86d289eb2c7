/** Colours and styles of output (SGR), reduced to those that cannot hide text and written in one unambiguous form. */

/** Bold, dim, italic, underline, inverse, strikethrough, double underline; their ends; 28 ends what is never begun. */
const styles = new Set([0, 1, 2, 3, 4, 7, 9, 21, 22, 23, 24, 27, 28, 29, 39, 49, 53, 55, 59])
/** Foreground, background, underline colour, each with a colour behind it. */
const colors = new Set([38, 48, 58])

export interface Rendition {
  /** Parameters to give to the terminal. */
  params: string
  /** Whether text is inverse from here on; null where that stays as it was. */
  inverse: boolean | null
}

/** What of some parameters is shown; null where that is nothing. Concealed text (8) and blinking (5, 6) are left out. */
export function safeRendition(params: string): Rendition | null {
  const known = seen.get(params)
  if (known !== undefined) return known
  const rendition = readRendition(params)
  if (seen.size < maxSeen && params.length < 32) seen.set(params, rendition)
  return rendition
}

/** Output has few of them, many times over. */
const seen = new Map<string, Rendition | null>()
const maxSeen = 1000

function readRendition(params: string): Rendition | null {
  const tokens = params.split(';')
  const kept: string[] = []
  let inverse: boolean | null = null
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? ''
    if (token.includes(':')) {
      const safe = safeSubParameters(token)
      if (safe !== null) kept.push(safe)
      continue
    }
    const code = token === '' ? 0 : Number(token)
    if (colors.has(code)) {
      const color = readColor(tokens.slice(at + 1))
      // What follows an unknown kind of colour cannot be told apart from its numbers.
      if (color === null) break
      kept.push([code, ...color].join(';'))
      at += color.length
    } else if (styles.has(code) || isBasicColor(code)) {
      kept.push(String(code))
      if (code === 7) inverse = true
      else if (code === 0 || code === 27) inverse = false
    }
  }
  return kept.length === 0 ? null : { params: kept.join(';'), inverse }
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
