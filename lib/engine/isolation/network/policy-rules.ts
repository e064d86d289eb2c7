/** What a policy means for addresses: pure, so that it is decided and tested in one place. */
import {
  contains,
  formatNetwork,
  type Network,
  type NetworkPolicy,
  parseNetwork,
} from '@/lib/process-api/network-policy'
import { metadataNetworks, specialNetworks } from './special-networks'

export interface PolicyRules {
  /** Networks to which the way out leads. */
  readonly routed: readonly string[]
  /** Networks, in addition, to which there is no route: known to everybody, so they may be seen inside. */
  readonly unreachable: readonly string[]
  /** Networks that are refused whatever the routes say. They tell something of the host and cannot be read inside. */
  readonly refused: readonly string[]
  /** Networks that are not, although `refused` contains them. */
  readonly excepted: readonly string[]
}

const everything = '0.0.0.0/0'

/**
 * The rules of a policy other than `none`, for which there is no way out at all. Only addresses count: a name that leads
 * to a refused address (DNS rebinding) is refused like the address.
 * @param host the networks of this machine, which count for `internet`
 */
export function rulesOf({ kind, allowList }: NetworkPolicy, host: readonly Network[]): PolicyRules {
  switch (kind) {
    case 'none':
      return { routed: [], unreachable: [], refused: [everything], excepted: [] }
    case 'all':
      return { routed: [everything], unreachable: [], refused: [], excepted: [] }
    case 'allow-list':
      // Literally: who lists a private network means it.
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

/** Without those that lie within another one. */
function widest(networks: readonly string[]): string[] {
  const parsed = networks.map(parseNetwork).filter((network) => network !== null)
  const sorted = parsed.sort((a, b) => a.prefix - b.prefix || a.first - b.first)
  const kept: Network[] = []
  for (const network of sorted) {
    if (!kept.some((wider) => contains(wider, network))) kept.push(network)
  }
  return kept.map(formatNetwork)
}
