/** Finds the listening ports of a sandbox and the addresses to reach them. */
import { readdirSync, readlinkSync } from 'node:fs'
import type { ToolboxConfig } from '../../config/toolbox-config'
import type { ProcessEntry } from '../../linux/process-table'
import { sandboxProcesses } from '../process/sandbox-processes'
import { type ListeningSocket, listeningSockets } from './socket-table'

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
    const ownInodes = openInodes(new Set(sockets.map((socket) => socket.inode)), sandboxProcesses(this.services.config))
    return sockets.filter((socket) => ownInodes.has(socket.inode))
  }
}

/** The inodes that one of the processes has open. */
function openInodes(inodes: ReadonlySet<string>, processes: readonly ProcessEntry[]): Set<string> {
  const ownInodes = new Set<string>()
  for (const { pid } of processes) {
    for (const descriptor of descriptorsOf(pid)) {
      const inode = /^socket:\[(\d+)\]$/.exec(descriptor)?.[1]
      if (inode !== undefined && inodes.has(inode)) ownInodes.add(inode)
    }
    if (ownInodes.size === inodes.size) break
  }
  return ownInodes
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
