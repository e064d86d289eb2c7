/** Writes tar archives (POSIX ustar with pax records for long names, large sizes and exact times), one entry at a time. */
import { systemPath } from '@/lib/process-api/byte-names'

export type TarKind = 'file' | 'folder' | 'link'

export interface TarEntry {
  /** Relative path with `/`; bytes that are not UTF-8 as in `byte-names.ts`. */
  path: string
  kind: TarKind
  /** Permission bits. */
  mode: number
  /** In bytes; 0 for folders and links. */
  size: number
  modifiedAt: Date
  /** What a link points to. */
  link?: string
}

const blockBytes = 512
const typeFlags: Record<TarKind, string> = { file: '0', folder: '5', link: '2' }
/** The largest size that twelve octal digits with their terminator can hold. */
const maxUstarSize = 0o77777777777

/** The header of an entry. Its bytes follow, then `padding(size)`. */
export function tarHeader(entry: TarEntry): Buffer {
  const path = entry.kind === 'folder' ? `${entry.path}/` : entry.path
  const records: [string, string][] = []
  if (needsRecord(path, 100)) records.push(['path', path])
  if (entry.link !== undefined && needsRecord(entry.link, 100)) records.push(['linkpath', entry.link])
  if (entry.size > maxUstarSize) records.push(['size', String(entry.size)])
  const seconds = entry.modifiedAt.getTime() / 1000
  if (seconds < 0 || !Number.isInteger(seconds)) records.push(['mtime', seconds.toFixed(3)])
  const main = block({ ...entry, path, flag: typeFlags[entry.kind] })
  if (records.length === 0) return main
  // Names that are not UTF-8 are raw bytes, which has to be said (pax, hdrcharset).
  if (records.some(([, value]) => systemPath(value) !== value)) records.unshift(['hdrcharset', 'BINARY'])
  const body = Buffer.concat(records.map(([key, value]) => paxRecord(key, value)))
  const head = block({
    path: 'PaxHeader/entry',
    mode: 0o644,
    size: body.length,
    modifiedAt: entry.modifiedAt,
    flag: 'x',
  })
  return Buffer.concat([head, body, padding(body.length), main])
}

/** Zeros that fill the last block of an entry. */
export function padding(size: number): Buffer {
  return Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes)
}

/** The end of an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * blockBytes)
}

function needsRecord(text: string, maxBytes: number): boolean {
  return Buffer.byteLength(text) > maxBytes || /[^\x20-\x7e]/.test(text)
}

/** `<length> <key>=<value>\n`, where the length includes its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const bytes = Buffer.from(systemPath(value))
  const rest = Buffer.byteLength(` ${key}=\n`) + bytes.length
  let length = rest
  while (length !== rest + String(length).length) length = rest + String(length).length
  return Buffer.concat([Buffer.from(`${length} ${key}=`), bytes, Buffer.from('\n')])
}

function block(entry: Omit<TarEntry, 'kind'> & { flag: string }): Buffer {
  const bytes = Buffer.alloc(blockBytes)
  const seconds = Math.max(0, Math.floor(entry.modifiedAt.getTime() / 1000))
  bytes.write(entry.path, 0, 100, 'utf8')
  bytes.write(octal(entry.mode, 7), 100)
  bytes.write(octal(0, 7), 108)
  bytes.write(octal(0, 7), 116)
  bytes.write(octal(Math.min(entry.size, maxUstarSize), 11), 124)
  bytes.write(octal(Math.min(seconds, maxUstarSize), 11), 136)
  bytes.write(' '.repeat(8), 148)
  bytes.write(entry.flag, 156)
  if (entry.link !== undefined) bytes.write(entry.link, 157, 100, 'utf8')
  bytes.write('ustar\u000000', 257)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${octal(sum, 6)}\0 `, 148)
  return bytes
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}
