/**
 * A text without wildcards matches anywhere in a name, in either case: targets compare the case of letters, so that
 * each letter becomes a class.
 */
export function namePattern(text: string): string {
  if (/[*?[\]]/.test(text)) return text
  const letters = [...text].map((letter) => {
    const [lower, upper] = [letter.toLowerCase(), letter.toUpperCase()]
    if (letter === '\\') return '\\\\'
    return lower !== upper && [...lower].length === 1 && [...upper].length === 1 ? `[${lower}${upper}]` : letter
  })
  return `*${letters.join('')}*`
}
