/**
 * Which reverse proxies may say for whom they ask. What anybody else says in a forwarding header is removed from the
 * request, so that all code behind this can believe what is left.
 */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

/** Every header that tells of a hop before this one. */
export const forwardingHeaders = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-real-ip',
] as const

type Forwarded = Pick<IncomingMessage, 'headers'> & { readonly socket: { readonly remoteAddress?: string | undefined } }

export class TrustedProxies {
  private readonly trusted = new BlockList()

  /**
   * @param setting addresses and ranges such as `10.0.0.0/8`, with commas between them. Throws a RangeError with a
   *   sentence that names the wrong one.
   */
  constructor(setting: string | undefined) {
    for (const entry of (setting ?? '').split(',').map((it) => it.trim())) if (entry !== '') this.add(entry)
  }

  /**
   * Leave only what trusted proxies said, and that in one form: `host` is the name that the visitor asked for,
   * `x-forwarded-proto` is `http` or `https`, `x-forwarded-for` the proxies' addresses that were followed back.
   * @returns the address of the visitor, as far back as trusted proxies tell
   */
  apply(request: Forwarded): string {
    const { headers } = request
    const peer = plainAddress(request.socket.remoteAddress ?? 'unknown')
    const said = this.isTrusted(peer) ? readForwarding(request) : null
    for (const name of forwardingHeaders) delete headers[name]
    if (said === null) return peer
    const [address, ...hops] = this.followBack([...said.addresses, peer])
    if (hops.length > 0) headers['x-forwarded-for'] = [address, ...hops.slice(0, -1)].join(', ')
    if (said.scheme === 'http' || said.scheme === 'https') headers['x-forwarded-proto'] = said.scheme
    if (said.host) headers.host = said.host
    return address ?? peer
  }

  private isTrusted(address: string): boolean {
    const family = isIP(address)
    return family !== 0 && this.trusted.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }

  /** The end of a chain of addresses, from the first one that is not a trusted proxy. */
  private followBack(chain: readonly string[]): string[] {
    let first = chain.length - 1
    while (first > 0 && this.isTrusted(chain[first] ?? '') && isIP(chain[first - 1] ?? '') !== 0) first -= 1
    return chain.slice(first)
  }

  private add(entry: string): void {
    const [address = '', prefix, ...rest] = entry.split('/')
    const family = isIP(address)
    const longest = family === 6 ? 128 : 32
    const isRange = prefix !== undefined && /^\d{1,3}$/.test(prefix) && Number(prefix) <= longest
    if (family === 0 || rest.length > 0 || (prefix !== undefined && !isRange)) {
      throw new RangeError(`"${entry}" is neither an address nor a range of addresses such as 10.0.0.0/8.`)
    }
    const kind = family === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) this.trusted.addAddress(address, kind)
    else this.trusted.addSubnet(address, Number(prefix), kind)
  }
}

interface Said {
  /** From the visitor's to the last proxy's but one. */
  addresses: string[]
  scheme: string | undefined
  host: string | undefined
}

/** What the nearest proxy said stands last: what is before that may be the visitor's own words. */
function readForwarding({ headers }: Forwarded): Said {
  const usesOwnNames = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'].some((name) => name in headers)
  if (!usesOwnNames) return readForwarded(listOf(headers.forwarded))
  return {
    addresses: listOf(headers['x-forwarded-for']).map(plainAddress),
    scheme: listOf(headers['x-forwarded-proto']).at(-1)?.toLowerCase(),
    host: listOf(headers['x-forwarded-host']).at(-1)?.toLowerCase(),
  }
}

/** RFC 7239. A proxy that uses the other names may pass this one on unread, so it counts only where it stands alone. */
function readForwarded(elements: readonly string[]): Said {
  const hops = elements.map((element) => {
    const pairs = element.split(';').map((pair) => {
      const [name = '', value = ''] = pair.split('=', 2)
      return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')] as const
    })
    return new Map(pairs)
  })
  const last = hops.at(-1)
  return {
    addresses: hops.map((hop) => plainAddress(hop.get('for') ?? '')),
    scheme: last?.get('proto')?.toLowerCase(),
    host: last?.get('host')?.toLowerCase(),
  }
}

function listOf(header: string | string[] | undefined): string[] {
  return String(header ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/** Without brackets and port, and IPv4 in its own form. */
function plainAddress(text: string): string {
  const address = text.replace(/^\[(.*)\](?::\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}
