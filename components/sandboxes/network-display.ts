/** Display of network policies. */
import type { NetworkPolicyKind } from '@/lib/process-api/network-policy'
import type { SandboxListItem } from '@/lib/process-api/sandbox'

/** In the order of the select box, the default first. */
export const networkOptions: ReadonlyArray<{ kind: NetworkPolicyKind; label: string; sentence: string }> = [
  {
    kind: 'internet',
    label: 'Internet',
    sentence: 'Allow internet access, but not this machine, its local networks or metadata services.',
  },
  { kind: 'none', label: 'None', sentence: 'No network access. Host names do not resolve.' },
  {
    kind: 'allow-list',
    label: 'Listed networks',
    sentence: 'Allow access only to the networks you list, which can be private ones.',
  },
  {
    kind: 'all',
    label: 'All networks',
    sentence: 'Allow access to everything this machine can reach, including local networks and metadata services.',
  },
]

export interface NetworkDisplay {
  /** Short enough for a table. */
  readonly word: 'off' | 'internet' | 'listed' | 'all' | 'shared' | 'on'
  /** What programs can reach now, and why that differs from the requested policy. */
  readonly sentence: string
  /** Programs can reach more than was requested. */
  readonly isWeak: boolean
}

const states: Record<Exclude<NetworkPolicyKind, 'allow-list'>, string> = {
  internet: 'Programs can reach the internet, but not this machine, its local networks or metadata services.',
  none: 'Programs have no network access.',
  all: 'Programs can reach everything this machine can reach, including local networks and metadata services.',
}

const words = { none: 'off', internet: 'internet', 'allow-list': 'listed', all: 'all' } as const

/** The policy that is enforced, as the sandbox reports it. If the target does not report it, only on or off is known. */
export function networkDisplay({
  networkBlockAll,
  isolation,
}: Pick<SandboxListItem, 'networkBlockAll' | 'isolation'>): NetworkDisplay {
  const enforced = isolation?.networkPolicy
  if (enforced === undefined) return undisclosedNetwork(networkBlockAll, isolation?.network)
  const { kind, allowList, message } = enforced
  const reached =
    kind === 'allow-list' ? `Programs can reach only these networks: ${allowList.join(', ')}.` : states[kind]
  const shared = isolation?.network === 'shared'
  return {
    word: shared ? 'shared' : words[kind],
    sentence: [shared ? sharedSentence : reached, message].filter(Boolean).join(' '),
    isWeak: shared || (message !== undefined && kind === 'all'),
  }
}

const sharedSentence = 'Programs share the network of this machine and can reach the services on it.'

function undisclosedNetwork(isBlocked: boolean, network: 'private' | 'shared' | 'blocked' | undefined): NetworkDisplay {
  if (isBlocked || network === 'blocked') {
    return { word: 'off', sentence: states.none, isWeak: false }
  }
  if (network === 'shared') return { word: 'shared', sentence: sharedSentence, isWeak: true }
  return {
    word: 'on',
    sentence: 'Programs have network access; the target does not report what they can reach.',
    isWeak: false,
  }
}
