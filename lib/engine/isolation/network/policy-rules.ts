/** Translates policies into rules for addresses. Pure, so that it is tested in one place. */
import {
  contains,
  formatNetwork,
  type Network,
  type NetworkPolicy,
  parseNetwork,
} from '@/lib/process-api/network-policy'
import { metadataNetworks, specialNetworks } from './special-networks'

export interface PolicyRules {
  /** Networks with a route to the outside. */
  readonly routed: readonly string[]
  /** Additional networks without a route. They are public knowledge, so they may be visible inside. */
  readonly unreachable: readonly string[]
  /** Networks that are refused regardless of routes. They reveal something about the host and are not readable inside. */
  readonly refused: readonly string[]
  /** Exceptions from `refused`. */
  readonly excepted: readonly string[]
}

const everything = '0.0.0.0/0'

/**
 * The rules of a policy. Only addresses matter: a host name that resolves to a refused address (DNS rebinding) is refused
 * like the address itself.
 * @param host the networks of this machine, for `internet`
 */
export function rulesOf({ kind, allowList }: NetworkPolicy, host: readonly Network[]): PolicyRules {
  switch (kind) {
    case 'none':
      return { routed: [], unreachable: [], refused: [everything], excepted: [] }
    case 'all':
      return { routed: [everything], unreachable: [], refused: [], excepted: [] }
    case 'allow-list':
      // Literally: whoever lists a private network intends to.
      return { routed: widest(allowList), unreachable: [], refused: [everything], excepted: widest(allowList) }
    case 'internet': {
      const special = widest([...specialNetworks, ...metadataNetworks].map(([network]) => network))
      return {
        routed: [everything],
        unreachable: special,
        refused: widest([...special, ...host.map(formatNetwork)]),
        excepted: [],
      }
    }
  }
}

/** Without networks that are contained in another one. */
function widest(networks: readonly string[]): string[] {
  const parsed = networks.map(parseNetwork).filter((network) => network !== null)
  const sorted = parsed.sort((a, b) => a.prefix - b.prefix || a.first - b.first)
  const distinct: Network[] = []
  for (const network of sorted) {
    if (!distinct.some((wider) => contains(wider, network))) distinct.push(network)
  }
  return distinct.map(formatNetwork)
}
