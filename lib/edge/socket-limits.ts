/** Limits of open sockets: in total, per holder (a session or a key), and per address. */
import { isIPv6 } from 'node:net'

export interface SocketLimitValues {
  readonly total: number
  readonly perHolder: number
  readonly perAddress: number
}

/** A counted socket; call `release` when it is closed. */
export interface SocketSlot {
  release(): void
}

/** A refused socket: which limit was reached, and its value. */
export interface SocketRefusal {
  readonly reached: keyof SocketLimitValues
  readonly limit: number
}

export class SocketLimits {
  private open = 0
  private readonly holders = new Map<string, number>()
  private readonly addresses = new Map<string, number>()

  constructor(private readonly limits: SocketLimitValues) {}

  /** Count a socket, or return the limit that it would exceed. */
  acquire(holder: string, address: string): SocketSlot | SocketRefusal {
    const from = networkOf(address)
    const { total, perHolder, perAddress } = this.limits
    // The narrowest limit first, since the client can do something about that one.
    if ((this.holders.get(holder) ?? 0) >= perHolder) return { reached: 'perHolder', limit: perHolder }
    if ((this.addresses.get(from) ?? 0) >= perAddress) return { reached: 'perAddress', limit: perAddress }
    if (this.open >= total) return { reached: 'total', limit: total }
    this.open += 1
    add(this.holders, holder, 1)
    add(this.addresses, from, 1)
    let released = false
    return {
      release: () => {
        if (released) return
        released = true
        this.open -= 1
        add(this.holders, holder, -1)
        add(this.addresses, from, -1)
      },
    }
  }
}

function add(counts: Map<string, number>, name: string, change: number): void {
  const count = (counts.get(name) ?? 0) + change
  if (count === 0) counts.delete(name)
  else counts.set(name, count)
}

/** One IPv6 client usually has a whole /64. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const groups = (text: string) => text.split(':').filter((group) => group !== '')
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...groups(tail ?? '')]
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
