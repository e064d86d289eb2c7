/** Makes the parts of output that name a line of source code into links. */
import type { IBufferRange, ILink, ILinkProvider, Terminal } from '@xterm/xterm'

export interface SourceLinks {
  /** The part of a line of output that names a line of the source, as string offsets; null for none. */
  find(text: string): { line: number; start: number; end: number } | null
  open(line: number): void
}

/** A longer line is no line of a traceback. */
const maxRows = 8

/** A link provider for xterm. Lines that are wrapped at the width of the pane are searched as one. */
export function sourceLinkProvider(terminal: Terminal, links: () => SourceLinks | null): ILinkProvider {
  return {
    provideLinks(row, callback) {
      const source = links()
      callback(source ? linksOf(terminal, row, source) : undefined)
    },
  }
}

/** @param row a row of the buffer, from 1 */
function linksOf(terminal: Terminal, row: number, source: SourceLinks): ILink[] | undefined {
  const { active } = terminal.buffer
  let first = row - 1
  while (first > 0 && active.getLine(first)?.isWrapped) first -= 1
  const rows: string[] = []
  for (let at = first; at < active.length && rows.length < maxRows; at += 1) {
    const line = active.getLine(at)
    if (!line || (at > first && !line.isWrapped)) break
    rows.push(line.translateToString(false))
  }
  const text = rows.join('')
  const found = source.find(text.trimEnd())
  if (!found) return undefined
  const { cols } = terminal
  const position = (offset: number) => ({ x: (offset % cols) + 1, y: first + 1 + Math.floor(offset / cols) })
  const range: IBufferRange = { start: position(found.start), end: position(found.end - 1) }
  return [
    {
      range,
      text: text.slice(found.start, found.end),
      decorations: { underline: true, pointerCursor: true },
      activate: () => source.open(found.line),
    },
  ]
}
