/**
 * The arguments field: splits text into an exact argv the way a shell splits words, without expanding anything.
 * Whitespace separates words. 'Single quotes' take everything literally; in "double quotes" and bare words a backslash
 * escapes the next character. '' is an empty argument.
 */

export type ParsedArguments = { ok: true; argv: string[] } | { ok: false; message: string }

/** Whitespace, 'single quoted', "double quoted", an escaped character, or bare text. */
const token = /\s+|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)/y

export function parseArguments(text: string): ParsedArguments {
  const argv: string[] = []
  let word: string | null = null
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at
    const match = token.exec(text)
    if (match === null) return { ok: false, message: unfinishedMessage(text.charAt(at)) }
    const [, single, double, escaped, bare] = match
    const part = single ?? unescapeDoubleQuoted(double) ?? escaped ?? bare
    if (part !== undefined) {
      word = (word ?? '') + part
    } else if (word !== null) {
      argv.push(word)
      word = null
    }
  }
  if (word !== null) argv.push(word)
  return { ok: true, argv }
}

/** Inside double quotes a shell keeps the backslash unless it escapes one of `"`, `\`, `$` and the backtick. */
function unescapeDoubleQuoted(text: string | undefined): string | undefined {
  return text?.replace(/\\(["\\$`])/g, '$1')
}

function unfinishedMessage(opening: string): string {
  return opening === '\\'
    ? 'The arguments end with a single backslash.'
    : `A ${opening} in the arguments is not closed.`
}

/** Formats an argv as text that parses back into exactly the same argv. */
export function formatArguments(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ')
}

/** One word, quoted for a POSIX shell if necessary. */
export function quoteWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word
  return `'${word.replaceAll("'", `'\\''`)}'`
}
