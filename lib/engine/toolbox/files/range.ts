/** Parses the `Range` header (RFC 9110) for one file. */

/** First and last byte, inclusive. */
export interface ByteRange {
  first: number
  last: number
}

/**
 * @returns the range to send; `whole` to send the whole file (no header, another unit, or several ranges, which a server
 *   may ignore); `unsatisfiable` for a range outside the file or an invalid one
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  if (header === undefined || !/^bytes=/i.test(header)) return 'whole'
  const parts = header
    .slice('bytes='.length)
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (parts.length > 1) return 'whole'
  const match = /^(\d*)-(\d*)$/.exec(parts[0] ?? '')
  const [, from = '', to = ''] = match ?? []
  if (!match || (from === '' && to === '')) return 'unsatisfiable'
  if (from === '') {
    const length = Math.min(Number(to), size)
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 }
  }
  const first = Number(from)
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1)
  return first >= size || (to !== '' && Number(to) < first) ? 'unsatisfiable' : { first, last }
}
