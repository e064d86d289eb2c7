/** Which network policies can be enforced with what this machine has, and what is in force where one cannot. */
import type { NetworkPolicy } from '@/lib/process-api/network-policy'
import type { IsolationReport } from '@/lib/process-api/sandbox'
import type { NetworkHelper } from '../network-helper'
import type { NetworkKind } from '../sandbox-etc'
import type { Policing } from './policing'

export interface NetworkAbilities {
  /** Null: the network is shared with the host. */
  readonly helper: NetworkHelper | null
  /** Null: every network that the helper serves reaches all that this machine reaches. */
  readonly policing: Policing | null
  /** Why one of them is null: the end of a sentence that begins with "because". */
  readonly networkProblem: string | null
}

/** Where the host's network is shared, all of it can be reached. */
export const sharedPolicy: NetworkPolicy = { kind: 'all', allowList: [] }

/** One plain sentence, or null. That nothing goes out can be had everywhere: a network namespace is empty at first. */
export function cannotEnforceHere({ networkProblem }: NetworkAbilities, { kind }: NetworkPolicy): string | null {
  if (networkProblem === null || kind === 'none' || kind === 'all') return null
  return `The network policy "${kind}" cannot be enforced on this machine, because ${networkProblem}.`
}

/** What is in force when this policy is asked for. */
export function enforceable(abilities: NetworkAbilities, policy: NetworkPolicy): NetworkPolicy {
  return cannotEnforceHere(abilities, policy) === null ? policy : sharedPolicy
}

/** The network that a sandbox has with a policy, as its report tells it. */
export function networkReport(
  abilities: NetworkAbilities,
  wanted: NetworkPolicy,
): Pick<IsolationReport, 'network' | 'networkPolicy'> {
  const networkPolicy = enforceable(abilities, wanted)
  if (networkPolicy.kind === 'none') return { network: 'blocked', networkPolicy }
  return { network: abilities.helper ? 'private' : 'shared', networkPolicy }
}

/**
 * The network namespace that a sandbox starts with. One without a network gets the same as the others, so that it can be
 * given one while it runs; but without `ip` nobody could bring up the loopback of such a namespace.
 */
export function namespaceFor({ helper, policing }: NetworkAbilities, { kind }: NetworkPolicy): NetworkKind {
  if (kind === 'none' && (helper === null || policing === null)) return 'blocked'
  return helper ? 'private' : 'shared'
}

/** For sandboxes without any isolation. */
export const sharedNetwork: Pick<IsolationReport, 'network' | 'networkPolicy'> = {
  network: 'shared',
  networkPolicy: sharedPolicy,
}
