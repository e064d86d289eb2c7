/**
 * Decides which reverse proxies are trusted. Forwarding headers from anyone else are removed from the request, so that all
 * later code can trust what is left.
 */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

/** Every header that describes an earlier hop. */
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
   * @param setting comma-separated addresses and ranges such as `10.0.0.0/8`. Throws a RangeError with a sentence that
   *   names the invalid entry.
   */
  constructor(setting: string | undefined) {
    for (const entry of (setting ?? '').split(',').map((it) => it.trim())) if (entry !== '') this.add(entry)
  }

  /**
   * Keep only what trusted proxies added, in one form: `host` is the name the client requested, `x-forwarded-proto` is
   * `http` or `https`, `x-forwarded-for` lists the client and the trusted proxies behind it.
   * @returns the client's address, as far back as trusted proxies report it
   */
  apply(request: Forwarded): string {
    const { headers } = request
    const peer = plainAddress(request.socket.remoteAddress ?? 'unknown')
    const forwarding = this.isTrusted(peer) ? readForwarding(request) : null
    for (const name of forwardingHeaders) delete headers[name]
    if (forwarding === null) return peer
    const [address, ...hops] = this.followBack([...forwarding.addresses, peer])
    if (hops.length > 0) headers['x-forwarded-for'] = [address, ...hops.slice(0, -1)].join(', ')
    if (forwarding.scheme === 'http' || forwarding.scheme === 'https') headers['x-forwarded-proto'] = forwarding.scheme
    if (forwarding.host) headers.host = forwarding.host
    return address ?? peer
  }

  private isTrusted(address: string): boolean {
    const family = isIP(address)
    return family !== 0 && this.trusted.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }

  /** The end of a chain of addresses, starting at the last one that is not a trusted proxy. */
  private followBack(chain: readonly string[]): string[] {
    let first = chain.length - 1
    while (first > 0 && this.isTrusted(chain[first] ?? '') && isIP(chain[first - 1] ?? '') !== 0) first -= 1
    return chain.slice(first)
  }

  private add(entry: string): void {
    const [address = '', prefix, ...rest] = entry.split('/')
    const family = isIP(address)
    const maxPrefix = family === 6 ? 128 : 32
    const isRange = prefix !== undefined && /^\d{1,3}$/.test(prefix) && Number(prefix) <= maxPrefix
    if (family === 0 || rest.length > 0 || (prefix !== undefined && !isRange)) {
      throw new RangeError(`"${entry}" is neither an address nor a range of addresses such as 10.0.0.0/8.`)
    }
    const kind = family === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) this.trusted.addAddress(address, kind)
    else this.trusted.addSubnet(address, Number(prefix), kind)
  }
}

interface Forwarding {
  /** From the client to the last proxy but one. */
  addresses: string[]
  scheme: string | undefined
  host: string | undefined
}

/**
 * The entry of the nearest proxy is the last one; earlier entries may come from the client. The scheme is the first entry,
 * which is that of the client's own connection where each proxy adds one: a client that lies about it misleads itself alone.
 */
function readForwarding({ headers }: Forwarded): Forwarding {
  const usesOwnNames = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'].some((name) => name in headers)
  if (!usesOwnNames) return readForwarded(listOf(headers.forwarded))
  return {
    addresses: listOf(headers['x-forwarded-for']).map(plainAddress),
    scheme: listOf(headers['x-forwarded-proto'])[0]?.toLowerCase(),
    host: listOf(headers['x-forwarded-host']).at(-1)?.toLowerCase(),
  }
}

/** RFC 7239. A proxy that uses the other headers may forward this one unchecked, so it is used only without them. */
function readForwarded(elements: readonly string[]): Forwarding {
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

/** Without brackets and port; IPv4-mapped addresses as IPv4. */
function plainAddress(text: string): string {
  const address = text.replace(/^\[(.*)\](?::\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}
