/** The title of a command or of code: the first line that is not blank, cut at 200 characters. */
export function titleOf(text: string): string {
  const line = /\S[^\r\n]*/.exec(text)?.[0] ?? ''
  return [...line.slice(0, 400).trimEnd()].slice(0, 200).join('')
}
