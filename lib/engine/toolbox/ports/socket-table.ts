/** Reads the kernel's table of listening TCP sockets from /proc. */
import { readFile } from 'node:fs/promises'
import { endianness } from 'node:os'

/** A listening socket. `address` is its bind address: `0.0.0.0`, `::`, `127.0.0.1`, … */
export interface ListeningSocket {
  readonly port: number
  readonly address: string
  /** Identifies the socket in the descriptors of the processes that hold it. */
  readonly inode: string
}

const listening = '0A'

/** All listening sockets of this network namespace, of any process. */
export async function listeningSockets(): Promise<ListeningSocket[]> {
  const tables = await Promise.all(['/proc/1/net/tcp', '/proc/1/net/tcp6'].map(readTable))
  return tables.flatMap(parseSocketTable)
}

/** A kernel without IPv6 has no IPv6 table. */
async function readTable(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

/** Parse the listening sockets in `/proc/net/tcp` or `/proc/net/tcp6`. */
export function parseSocketTable(text: string): ListeningSocket[] {
  const found: ListeningSocket[] = []
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/)
    const [address, port] = fields[1]?.split(':') ?? []
    const inode = fields[9]
    if (fields[3] !== listening || !address || !port || !inode) continue
    found.push({ port: Number.parseInt(port, 16), address: addressOf(address), inode })
  }
  return found
}

/** The table has addresses as 32-bit words in the byte order of the machine. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  if (endianness() === 'LE') bytes.swap32()
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2))
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped) return bytes.subarray(12).join('.')
  if (groups.every((group) => group === 0)) return '::'
  if (groups.slice(0, 7).every((group) => group === 0) && groups[7] === 1) return '::1'
  return groups.map((group) => group.toString(16)).join(':')
}
