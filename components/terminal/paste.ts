/** Pasted text on its way to a terminal. */

/**
 * The bytes of pasted text as a program expects them: one carriage return for each line, and between the markers of
 * bracketed paste where the program requested them. Escape characters are replaced, so that the text can neither end
 * the brackets nor press keys.
 */
export function pastedText(text: string, bracketed: boolean): string {
  const typed = text.replace(/\r\n?|\n/g, '\r').replaceAll('\x1b', '\u241b')
  return bracketed ? `\x1b[200~${typed}\x1b[201~` : typed
}

/** The number of lines, where a line break at the very end does not count as another line. */
export function lineCount(text: string): number {
  return text.replace(/(\r\n?|\n)$/, '').split(/\r\n?|\n/).length
}

/** Whether the text runs something when it is pasted, or is so long that it must not happen by accident. */
export function needsConfirmation(text: string): boolean {
  return /[\r\n]/.test(text)
}
