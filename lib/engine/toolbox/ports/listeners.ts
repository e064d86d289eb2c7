/** Which ports of a sandbox listen, and at which address each can be reached. */
import { readdirSync, readlinkSync } from 'node:fs'
import type { ToolboxConfig } from '../../config/toolbox-config'
import type { ProcessEntry } from '../../linux/process-table'
import { sandboxProcesses } from '../process/sandbox-processes'
import { type ListeningSocket, listeningSockets } from './socket-table'

/** On a shared network, how long it is taken for granted that a port is still held by the same sandbox. */
const trustMs = 1_000

export class Listeners {
  /** Ports of this sandbox on a shared network, and until when that need not be looked up again. */
  private readonly trusted = new Map<number, { addresses: readonly string[]; until: number }>()

  constructor(private readonly services: { readonly config: Pick<ToolboxConfig, 'isolation' | 'sandboxId'> }) {}

  /** The sandbox's own listening ports, in ascending order. */
  async ports(): Promise<number[]> {
    const own = this.ownAmong(await listeningSockets())
    return [...new Set(own.map((socket) => socket.port))].sort((a, b) => a - b)
  }

  /** Whether anybody in this network listens on the port, so that nobody else can. */
  async isTaken(port: number): Promise<boolean> {
    return (await listeningSockets()).some((socket) => socket.port === port)
  }

  /**
   * Where the sandbox's own listener on a port can be reached, best first; none where it has no such listener. A
   * program of the host on the same network is nobody's to reach from here.
   * @param anew do not trust an earlier look
   */
  async addressesOf(port: number, anew = false): Promise<readonly string[]> {
    const known = this.trusted.get(port)
    if (known && performance.now() < known.until && !anew) return known.addresses
    const here = (await listeningSockets()).filter((socket) => socket.port === port)
    const own = this.ownAmong(here)
    const addresses = dialAddresses(
      own,
      here.filter((socket) => !own.includes(socket)),
    )
    this.trusted.delete(port)
    if (this.isShared && addresses.length > 0) {
      this.trusted.set(port, { addresses, until: performance.now() + trustMs })
    }
    return addresses
  }

  private get isShared(): boolean {
    return this.services.config.isolation.network === 'shared'
  }

  /** In a network of its own everything is the sandbox's; in a shared one what its processes hold. */
  private ownAmong(sockets: readonly ListeningSocket[]): ListeningSocket[] {
    if (!this.isShared || sockets.length === 0) return [...sockets]
    const held = heldAmong(new Set(sockets.map((socket) => socket.inode)), sandboxProcesses(this.services.config))
    return sockets.filter((socket) => held.has(socket.inode))
  }
}

/** Those of the sockets that one of the processes has open. */
function heldAmong(inodes: ReadonlySet<string>, processes: readonly ProcessEntry[]): Set<string> {
  const held = new Set<string>()
  for (const { pid } of processes) {
    for (const descriptor of descriptorsOf(pid)) {
      const inode = /^socket:\[(\d+)\]$/.exec(descriptor)?.[1]
      if (inode !== undefined && inodes.has(inode)) held.add(inode)
    }
    if (held.size === inodes.size) break
  }
  return held
}

/** What the descriptors of a process lead to; nothing where it has ended or may not be looked into. */
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
    // It was closed meanwhile.
    return null
  }
}

/**
 * Where to connect to reach one of `own`, and none of `foreign`. A socket on `::` takes IPv4 as well, unless it was told
 * not to, and then somebody else may have that.
 */
export function dialAddresses(own: readonly ListeningSocket[], foreign: readonly ListeningSocket[]): string[] {
  const taken = new Set(foreign.map((socket) => socket.address))
  const isFree = (address: string) => !taken.has(address) && !(address === '127.0.0.1' && taken.has('0.0.0.0'))
  const found = own.flatMap(({ address }) => {
    if (address === '0.0.0.0') return ['127.0.0.1']
    return address === '::' ? ['::1', ...(isFree('127.0.0.1') ? ['127.0.0.1'] : [])] : [address]
  })
  const preferred = [...new Set(found)].filter((address) => !taken.has(address))
  // Most programs that listen on both are made for IPv4.
  return preferred.sort((a, b) => Number(b === '127.0.0.1') - Number(a === '127.0.0.1'))
}
