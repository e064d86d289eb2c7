/** Reads the kernel's table of listening TCP sockets from /proc. */
import { readFile } from 'node:fs/promises'
import { endianness } from 'node:os'
import { setImmediate as pause } from 'node:timers/promises'

/** A listening socket. `address` is its bind address: `0.0.0.0`, `::`, `127.0.0.1`, … */
export interface ListeningSocket {
  readonly port: number
  readonly address: string
  /** Identifies the socket in the descriptors of the processes that hold it. */
  readonly inode: string
}

const listening = '0A'
/** Characters that are parsed between two pauses, in which other requests are served. */
const sliceLength = 1024 * 1024

/** The read in progress, and the one that follows it. */
let current: Promise<ListeningSocket[]> | null = null
let following: Promise<ListeningSocket[]> | null = null

/**
 * All listening sockets of this network namespace, of any process. Programs can make the tables very long, so that there is
 * one read at a time: requests that arrive meanwhile share the next one, which finds whatever listens by now.
 */
export function listeningSockets(): Promise<ListeningSocket[]> {
  if (!current) return read()
  following ??= current.then(read, read)
  return following
}

function read(): Promise<ListeningSocket[]> {
  following = null
  current = readTables().finally(() => {
    current = null
  })
  return current
}

async function readTables(): Promise<ListeningSocket[]> {
  const found: ListeningSocket[] = []
  for (const file of ['/proc/1/net/tcp', '/proc/1/net/tcp6']) {
    const text = await readTable(file)
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf('\n', from + sliceLength)
      const to = end < 0 ? text.length : end + 1
      found.push(...parseSocketTable(text.slice(from, to)))
      from = to
      if (from < text.length) await pause()
    }
  }
  return found
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
  for (const line of text.split('\n')) {
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
