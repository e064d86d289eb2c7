/**
 * The arguments field: text split into an exact argv the way a shell splits words, without expanding anything.
 * Spaces separate; 'single quotes' keep everything; "double quotes" and bare words take a backslash before the next
 * character; '' is an empty argument.
 */

export type ParsedArguments = { ok: true; argv: string[] } | { ok: false; message: string }

export function parseArguments(text: string): ParsedArguments {
  const argv: string[] = []
  let word: string | null = null
  let quote: "'" | '"' | null = null
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charAt(index)
    if (quote === "'") {
      if (char === "'") quote = null
      else word += char
    } else if (char === '\\') {
      index += 1
      if (index >= text.length) return { ok: false, message: 'The arguments end with a lone backslash.' }
      // Inside double quotes a shell keeps the backslash unless it protects one of these.
      const next = text.charAt(index)
      word = (word ?? '') + (quote === '"' && !'"\\$`'.includes(next) ? `\\${next}` : next)
    } else if (quote === '"') {
      if (char === '"') quote = null
      else word += char
    } else if (char === "'" || char === '"') {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== null) argv.push(word)
      word = null
    } else {
      word = (word ?? '') + char
    }
  }
  if (quote) return { ok: false, message: `A ${quote} in the arguments is not closed.` }
  if (word !== null) argv.push(word)
  return { ok: true, argv }
}

/** The other way: an argv as text that parses back into exactly it. */
export function formatArguments(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ')
}

/** One word, quoted for a POSIX shell where it has to be. */
export function quoteWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word
  return `'${word.replaceAll("'", `'\\''`)}'`
}
