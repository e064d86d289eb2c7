/** Shell-style patterns for one name: `*`, `?`, `[a-z]`, `[^a-z]` and `\` before a literal character. */

type Token = { kind: 'any' } | { kind: 'one'; matches: (letter: string) => boolean }

/** Compile a pattern. Returns null for an invalid one: an unclosed or empty class, or a trailing `\`. */
export function compileGlob(pattern: string): ((name: string) => boolean) | null {
  const letters = [...pattern]
  const tokens: Token[] = []
  for (let at = 0; at < letters.length; at += 1) {
    const letter = letters[at]
    if (letter === '*') {
      tokens.push({ kind: 'any' })
    } else if (letter === '?') {
      tokens.push({ kind: 'one', matches: () => true })
    } else if (letter === '[') {
      const parsed = parseClass(letters, at + 1)
      if (!parsed) return null
      tokens.push({ kind: 'one', matches: parsed.matches })
      at = parsed.end
    } else {
      if (letter === '\\') at += 1
      const literal = letters[at]
      if (literal === undefined) return null
      tokens.push({ kind: 'one', matches: (other) => other === literal })
    }
  }
  return (name) => matchTokens(tokens, [...name])
}

/** Parse a class from after its `[`; `end` is the index of its `]`. */
function parseClass(letters: string[], start: number): { matches: (letter: string) => boolean; end: number } | null {
  let at = start
  const negated = letters[at] === '^'
  if (negated) at += 1
  const ranges: [low: string, high: string][] = []
  const next = (): string | null => {
    if (letters[at] === '\\') at += 1
    const letter = letters[at]
    at += 1
    return letter ?? null
  }
  while (letters[at] !== ']' || ranges.length === 0) {
    if (letters[at] === ']' || letters[at] === '-') return null
    const low = next()
    let high = low
    if (letters[at] === '-') {
      at += 1
      if (letters[at] === ']') return null
      high = next()
    }
    if (low === null || high === null) return null
    ranges.push([low, high])
  }
  return { end: at, matches: (letter) => ranges.some(([low, high]) => low <= letter && letter <= high) !== negated }
}

/** On a mismatch only the last `*` consumes one more letter, so the time is at most name × pattern. */
function matchTokens(tokens: Token[], letters: string[]): boolean {
  let token = 0
  let letter = 0
  let star = -1
  let taken = 0
  while (letter < letters.length) {
    const current = tokens[token]
    const value = letters[letter] ?? ''
    if (current?.kind === 'any') {
      star = token
      taken = letter
      token += 1
    } else if (current?.matches(value)) {
      token += 1
      letter += 1
    } else if (star >= 0) {
      taken += 1
      letter = taken
      token = star + 1
    } else {
      return false
    }
  }
  return tokens.slice(token).every((rest) => rest.kind === 'any')
}
