/** Tables in text files: comma- or tab-separated values (RFC 4180). */

/**
 * The rows of a table, at most `maxRows`. Quoted fields may contain separators, line breaks and doubled quotes.
 * @param separator `,`, `;` or a tab
 */
export function parseTable(text: string, separator: string, maxRows: number): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at < text.length && rows.length < maxRows) {
    const [field, next] = text[at] === '"' ? quotedField(text, at) : plainField(text, at, separator)
    row.push(field)
    const follows = text[next]
    at = next + 1
    // A separator at the very end is followed by one more, empty field.
    if (follows === separator && at < text.length) continue
    if (follows === separator) row.push('')
    rows.push(row)
    row = []
    if (follows === '\r' && text[at] === '\n') at += 1
  }
  return rows
}

function plainField(text: string, start: number, separator: string): [string, number] {
  let end = start
  while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') end += 1
  return [text.slice(start, end), end]
}

function quotedField(text: string, start: number): [string, number] {
  let field = ''
  let at = start + 1
  for (;;) {
    const end = text.indexOf('"', at)
    if (end === -1) return [field + text.slice(at), text.length]
    field += text.slice(at, end)
    if (text[end + 1] !== '"') return [field, end + 1]
    field += '"'
    at = end + 2
  }
}

/** The separator that the first line has most of. */
export function separatorOf(name: string, text: string): string {
  if (name.toLowerCase().endsWith('.tsv')) return '\t'
  const first = text.slice(0, text.indexOf('\n') === -1 ? 1_000 : text.indexOf('\n'))
  const count = (separator: string) => first.split(separator).length
  return [',', ';', '\t'].toSorted((a, b) => count(b) - count(a))[0] ?? ','
}
