/** How many sockets are open at a time: in total, of one holder (a session or a key), and from one address. */
import { isIPv6 } from 'node:net'

export interface Ceilings {
  readonly total: number
  readonly perHolder: number
  readonly perAddress: number
}

/** A socket that was let in; `release` must be called once when it is closed. */
export interface SocketPlace {
  release(): void
}

/** A socket that was not let in: which ceiling was reached, and how high that is. */
export interface SocketRefusal {
  readonly reached: keyof Ceilings
  readonly limit: number
}

export class SocketCeilings {
  private open = 0
  private readonly holders = new Map<string, number>()
  private readonly addresses = new Map<string, number>()

  constructor(private readonly ceilings: Ceilings) {}

  /** Count a socket in, or say which ceiling it would break. */
  take(holder: string, address: string): SocketPlace | SocketRefusal {
    const from = networkOf(address)
    const { total, perHolder, perAddress } = this.ceilings
    // The narrowest first: it is the one that the client itself can do something about.
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

/** One IPv6 client has a whole /64 to itself. */
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
