/**
 * What a sandbox may reach. The reference knows `networkBlockAll` and `networkAllowList`; `networkPolicy` is an
 * extension of Sandglass that names all four.
 */
import { z } from 'zod'
import { ApiError } from './errors'

/**
 * `none`: nothing. `internet`: public addresses, without private and local networks and without the machine that runs
 * the sandbox. `all`: whatever that machine reaches. `allow-list`: the listed networks.
 */
export const networkPolicyKindSchema = z.enum(['none', 'internet', 'all', 'allow-list'])
export type NetworkPolicyKind = z.infer<typeof networkPolicyKindSchema>

/** `allowList` holds IPv4 networks such as `203.0.113.0/24`; it is empty unless `kind` is `allow-list`. */
export const networkPolicySchema = z.object({ kind: networkPolicyKindSchema, allowList: z.array(z.string()) })
export type NetworkPolicy = z.infer<typeof networkPolicySchema>

/** The default policy of a sandbox. */
export const defaultNetworkPolicy: NetworkPolicy = { kind: 'internet', allowList: [] }

/** Policies that can be requested by name; an allow list needs its networks. */
export const requestedPolicySchema = z.enum(['none', 'internet', 'all'])

/** Every listed network is a rule in the kernel, looked at for every new connection. */
export const maxAllowedNetworks = 64

/** The fields of a request that decide the policy, as clients send them. */
export interface NetworkFields {
  networkBlockAll?: boolean | null | undefined
  /** Networks, separated by commas. */
  networkAllowList?: string | null | undefined
  domainAllowList?: string | null | undefined
  networkPolicy?: z.infer<typeof requestedPolicySchema> | null | undefined
}

/** The requested policy, or null if there is none. Throws `BAD_REQUEST` with the name of the field. */
export function requestedNetworkPolicy(fields: NetworkFields): NetworkPolicy | null {
  const { networkBlockAll, networkAllowList, domainAllowList, networkPolicy: named } = fields
  if (domainAllowList) {
    throw refused(
      'domainAllowList: names are not supported, because the address behind a name changes and is shared with other names; list networks in networkAllowList',
    )
  }
  const allowList = parseAllowList(networkAllowList ?? '')
  const asked = new Set<NetworkPolicyKind>()
  if (networkBlockAll) asked.add('none')
  if (named) asked.add(named)
  if (allowList.length > 0) asked.add('allow-list')
  const [kind, another] = asked
  if (another !== undefined || (networkBlockAll === false && kind === 'none')) {
    throw refused('networkBlockAll, networkAllowList and networkPolicy contradict each other; send one of them')
  }
  if (kind !== undefined) return { kind, allowList }
  return networkBlockAll === false ? defaultNetworkPolicy : null
}

export function isSamePolicy(one: NetworkPolicy, other: NetworkPolicy): boolean {
  return one.kind === other.kind && one.allowList.join() === other.allowList.join()
}

/** Throws `BAD_REQUEST`. Networks are written in one way: `10.1.2.3/8` is `10.0.0.0/8`, and none occurs twice. */
function parseAllowList(text: string): string[] {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  if (entries.length > maxAllowedNetworks) {
    throw refused(
      `networkAllowList: ${entries.length} networks are too many, ${maxAllowedNetworks} are allowed; join neighbouring ones`,
    )
  }
  return [...new Set(entries.map(parseAllowed))]
}

function parseAllowed(entry: string): string {
  const network = parseNetwork(entry)
  if (network) return formatNetwork(network)
  const shown = `networkAllowList: '${entry.slice(0, 64)}'`
  if (entry.includes(':')) throw refused(`${shown} is not IPv4, and sandboxes have no IPv6`)
  if (/^[\d.]+$/.test(entry))
    throw refused(`${shown} has no prefix length; a single address is written as 203.0.113.7/32`)
  throw refused(`${shown} is not an IPv4 network; write it as 203.0.113.0/24`)
}

function refused(sentence: string): ApiError {
  return new ApiError('BAD_REQUEST', sentence)
}

/** An IPv4 network: its first address as a number, and its prefix length. */
export interface Network {
  readonly first: number
  readonly prefix: number
}

/** `10.0.0.0/8`; null for anything else, and for octets with leading zeros, which programs read in different ways. */
export function parseNetwork(text: string): Network | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text)
  if (!match) return null
  const parts = match.slice(1)
  if (parts.some((part) => part.length > 1 && part.startsWith('0'))) return null
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = parts.map(Number)
  if ([a, b, c, d].some((octet) => octet > 255) || prefix > 32) return null
  return { first: maskTo(((a << 24) | (b << 16) | (c << 8) | d) >>> 0, prefix), prefix }
}

export function formatNetwork({ first, prefix }: Network): string {
  return `${[24, 16, 8, 0].map((shift) => (first >>> shift) & 255).join('.')}/${prefix}`
}

/** Whether every address of `inner` is one of `outer`. */
export function contains(outer: Network, inner: Network): boolean {
  return outer.prefix <= inner.prefix && maskTo(inner.first, outer.prefix) === outer.first
}

function maskTo(address: number, prefix: number): number {
  // A shift by 32 is one by 0 in JavaScript.
  return prefix === 0 ? 0 : (address & (-1 << (32 - prefix))) >>> 0
}
