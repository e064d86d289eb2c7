/** Output of a cell as a person reads it: carriage returns and backspaces applied, and only its beginning and end kept. */

/** Text with a gap of `omitted` characters between `head` and `tail`; without a gap `tail` is empty. */
export interface StreamText {
  head: string
  omitted: number
  tail: string
}

/** Characters that are kept of the beginning and the end of one block of output. */
export const maxHeadChars = 32 * 1024
export const maxTailChars = 32 * 1024
/** A line with more characters than this loses the ones that a carriage return has overwritten. */
const maxRawLine = 4096

export const emptyText: StreamText = { head: '', omitted: 0, tail: '' }

/** Append output to a text. The last line stays raw until a line feed ends it, because more may overwrite it. */
export function appendText(text: StreamText, added: string): StreamText {
  if (text.omitted > 0 || text.tail !== '') return trimTail({ ...text, tail: appendFolded(text.tail, added) })
  const head = appendFolded(text.head, added)
  if (head.length <= maxHeadChars + maxTailChars) return { ...text, head }
  return trimTail({ head: head.slice(0, maxHeadChars), omitted: 0, tail: head.slice(maxHeadChars) })
}

/** Record that characters were left out before what follows. */
export function appendGap(text: StreamText, chars: number): StreamText {
  return { head: text.head, omitted: text.omitted + chars + text.tail.length, tail: '' }
}

/** The text for display, with its last line folded too. */
export function shownText({ head, omitted, tail }: StreamText): StreamText {
  return { head: foldLastLine(head), omitted, tail: foldLastLine(tail) }
}

/** Apply the carriage returns and backspaces of every line. */
export function foldText(text: string): string {
  return foldLastLine(appendFolded('', text))
}

function trimTail(text: StreamText): StreamText {
  const excess = text.tail.length - maxTailChars
  if (excess <= 0) return text
  return { ...text, omitted: text.omitted + excess, tail: text.tail.slice(excess) }
}

function appendFolded(text: string, added: string): string {
  if (!/[\r\b]/.test(added) && !/[\r\b]/.test(lastLineOf(text))) return text + added
  const start = text.lastIndexOf('\n') + 1
  const lines = (text.slice(start) + added).replaceAll('\r\n', '\n').split('\n')
  const last = lines.pop() ?? ''
  const done = lines.map(foldLine).map((line) => `${line}\n`)
  return text.slice(0, start) + done.join('') + (last.length > maxRawLine ? compress(last) : last)
}

/** A shorter line that reads the same. Where the next character would overwrite is kept only at the line's start. */
function compress(line: string): string {
  return /[\r\b]/.test(line) ? foldLine(line) + (line.endsWith('\r') ? '\r' : '') : line
}

function lastLineOf(text: string): string {
  return text.slice(text.lastIndexOf('\n') + 1)
}

function foldLastLine(text: string): string {
  const start = text.lastIndexOf('\n') + 1
  const last = text.slice(start)
  return /[\r\b]/.test(last) ? text.slice(0, start) + foldLine(last) : text
}

/** One line after its carriage returns and backspaces. Segments with escape sequences replace the whole line. */
function foldLine(line: string): string {
  if (!/[\r\b]/.test(line)) return line
  let shown = ''
  for (const segment of line.split('\r')) {
    const text = applyBackspaces(segment)
    if (text === '') continue
    shown = /\x1b/.test(text) || /\x1b/.test(shown) ? text : text + shown.slice(text.length)
  }
  return shown
}

function applyBackspaces(text: string): string {
  let result = text
  while (/[^\b]\x08/.test(result)) result = result.replace(/[^\b]\x08/g, '')
  return result.replaceAll('\b', '')
}
