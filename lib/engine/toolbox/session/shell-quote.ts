/** One POSIX shell word, whatever the text. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
