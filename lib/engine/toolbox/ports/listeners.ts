/** Finds the listening ports of a sandbox and the addresses to reach them. */
import { readdirSync, readlinkSync } from 'node:fs'
import type { ToolboxConfig } from '../../config/toolbox-config'
import type { ProcessEntry } from '../../linux/process-table'
import { sandboxProcesses } from '../process/sandbox-processes'
import { type ListeningSocket, listeningSockets } from './socket-table'

/** Descriptors that one listing reads at most: programs can open many, and each takes a system call. */
const maxDescriptors = 50_000

/** On a shared network, how long a port is assumed to belong to the same sandbox. */
const cacheDurationMs = 1_000

export class Listeners {
  /** Addresses of this sandbox's ports on a shared network, with their expiry. */
  private readonly cache = new Map<number, { addresses: readonly string[]; until: number }>()

  constructor(private readonly services: { readonly config: Pick<ToolboxConfig, 'isolation' | 'sandboxId'> }) {}

  /** The sandbox's own listening ports, in ascending order. */
  async ports(): Promise<number[]> {
    const own = this.filterOwn(await listeningSockets())
    return [...new Set(own.map((socket) => socket.port))].sort((a, b) => a - b)
  }

  /** The sandbox's own listening sockets by port, each with the oldest process that has it open. */
  async holders(): Promise<{ port: number; addresses: string[]; holder: ProcessEntry | null }[]> {
    const processes = sandboxProcesses(this.services.config)
    const own = this.filterOwn(await listeningSockets())
    const held = holdersOf(new Set(own.map((socket) => socket.inode)), processes, maxDescriptors)
    const found = new Map<number, { port: number; addresses: string[]; holder: ProcessEntry | null }>()
    for (const { port, address, inode } of own) {
      const entry = found.get(port) ?? { port, addresses: [], holder: null }
      if (!entry.addresses.includes(address)) entry.addresses.push(address)
      entry.holder ??= held.get(inode) ?? null
      found.set(port, entry)
    }
    return [...found.values()].sort((a, b) => a.port - b.port)
  }

  /** Whether any process in this network listens on the port. */
  async isTaken(port: number): Promise<boolean> {
    return (await listeningSockets()).some((socket) => socket.port === port)
  }

  /**
   * Addresses at which the sandbox's own listener on a port can be reached, best first; empty if it has none. Programs
   * of the host on the same network are never included.
   * @param skipCache look up the addresses again
   */
  async addressesOf(port: number, skipCache = false): Promise<readonly string[]> {
    const known = this.cache.get(port)
    if (known && performance.now() < known.until && !skipCache) return known.addresses
    const here = (await listeningSockets()).filter((socket) => socket.port === port)
    const own = this.filterOwn(here)
    const addresses = dialAddresses(
      own,
      here.filter((socket) => !own.includes(socket)),
    )
    this.cache.delete(port)
    if (this.isShared && addresses.length > 0) {
      this.cache.set(port, { addresses, until: performance.now() + cacheDurationMs })
    }
    return addresses
  }

  private get isShared(): boolean {
    return this.services.config.isolation.network === 'shared'
  }

  /** The sandbox's own sockets: all of an isolated network, or those that its processes hold on a shared network. */
  private filterOwn(sockets: readonly ListeningSocket[]): ListeningSocket[] {
    if (!this.isShared || sockets.length === 0) return [...sockets]
    const held = holdersOf(new Set(sockets.map((socket) => socket.inode)), sandboxProcesses(this.services.config))
    return sockets.filter((socket) => held.has(socket.inode))
  }
}

/** Which of the processes has which of the inodes open, the oldest one if several have. */
function holdersOf(
  inodes: ReadonlySet<string>,
  processes: readonly ProcessEntry[],
  maxRead = Number.POSITIVE_INFINITY,
): Map<string, ProcessEntry> {
  const held = new Map<string, ProcessEntry>()
  let read = 0
  for (const entry of [...processes].sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)) {
    if (held.size === inodes.size || read >= maxRead) break
    const descriptors = descriptorsOf(entry.pid)
    read += descriptors.length
    for (const descriptor of descriptors) {
      const inode = /^socket:\[(\d+)\]$/.exec(descriptor)?.[1]
      if (inode !== undefined && inodes.has(inode) && !held.has(inode)) held.set(inode, entry)
    }
  }
  return held
}

/** Targets of a process's descriptors; empty if it has exited or is not readable. */
function descriptorsOf(pid: number): string[] {
  try {
    const folder = `/proc/${pid}/fd`
    return readdirSync(folder).flatMap((name) => linkOf(`${folder}/${name}`) ?? [])
  } catch {
    return []
  }
}

function linkOf(file: string): string | null {
  try {
    return readlinkSync(file)
  } catch {
    // The descriptor was closed meanwhile.
    return null
  }
}

/**
 * Addresses that reach one of `own` and none of `foreign`. A socket on `::` also accepts IPv4 unless it is IPv6-only; in
 * that case a foreign socket may have the IPv4 port.
 */
export function dialAddresses(own: readonly ListeningSocket[], foreign: readonly ListeningSocket[]): string[] {
  const taken = new Set(foreign.map((socket) => socket.address))
  const isFree = (address: string) => !taken.has(address) && !(address === '127.0.0.1' && taken.has('0.0.0.0'))
  const found = own.flatMap(({ address }) => {
    if (address === '0.0.0.0') return ['127.0.0.1']
    return address === '::' ? ['::1', ...(isFree('127.0.0.1') ? ['127.0.0.1'] : [])] : [address]
  })
  const preferred = [...new Set(found)].filter((address) => !taken.has(address))
  // IPv4 first: most programs that listen on both are tested with it.
  return preferred.sort((a, b) => Number(b === '127.0.0.1') - Number(a === '127.0.0.1'))
}
