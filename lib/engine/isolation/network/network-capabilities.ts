/** Which network policies this machine can enforce, and what is in force otherwise. */
import type { NetworkPolicy } from '@/lib/process-api/network-policy'
import type { IsolationReport } from '@/lib/process-api/sandbox'
import type { NetworkHelper } from '../network-helper'
import type { NetworkKind } from '../sandbox-etc'
import type { Policing } from './policing'

export interface NetworkCapabilities {
  /** Null when the network is shared with the host. */
  readonly helper: NetworkHelper | null
  /** Null when policies cannot be enforced: sandboxes then reach whatever this machine reaches. */
  readonly policing: Policing | null
  /** Why one of them is null, to follow "because". */
  readonly networkProblem: string | null
}

/** With a shared network, everything is reachable. */
export const sharedPolicy: NetworkPolicy = { kind: 'all', allowList: [] }

/** The problem as one plain sentence, or null. `none` always works, since a new network namespace is empty. */
export function enforcementProblem({ networkProblem }: NetworkCapabilities, { kind }: NetworkPolicy): string | null {
  if (networkProblem === null || kind === 'none' || kind === 'all') return null
  return `The network policy "${kind}" cannot be enforced on this machine, because ${networkProblem}.`
}

/** The policy that will be in force when this one is requested. */
export function enforceable(capabilities: NetworkCapabilities, policy: NetworkPolicy): NetworkPolicy {
  return enforcementProblem(capabilities, policy) === null ? policy : sharedPolicy
}

/** The network in the report of a sandbox with this policy. */
export function networkReport(
  capabilities: NetworkCapabilities,
  requested: NetworkPolicy,
): Pick<IsolationReport, 'network' | 'networkPolicy'> {
  const networkPolicy = enforceable(capabilities, requested)
  if (networkPolicy.kind === 'none') return { network: 'blocked', networkPolicy }
  return { network: capabilities.helper ? 'private' : 'shared', networkPolicy }
}

/**
 * The network namespace for a new sandbox. One with policy `none` gets the same as others, so that it can be connected
 * later; but without `ip`, the loopback of such a namespace could not be brought up.
 */
export function namespaceFor({ helper, policing }: NetworkCapabilities, { kind }: NetworkPolicy): NetworkKind {
  if (kind === 'none' && (helper === null || policing === null)) return 'blocked'
  return helper ? 'private' : 'shared'
}

/** For sandboxes without isolation. */
export const sharedNetwork: Pick<IsolationReport, 'network' | 'networkPolicy'> = {
  network: 'shared',
  networkPolicy: sharedPolicy,
}
