/** The ways to give sandboxes a network, from the tightest to the loosest. */
import { findNetworkHelpers } from '../network-helper'
import type { NetworkAbilities } from './network-abilities'
import { findPolicing } from './policing'

export interface PossibleNetwork extends NetworkAbilities {
  /** What a person must be told of it, one plain sentence, or null. */
  readonly networkWeakness: string | null
}

/** Each is made with the reason why the one before did not work, or null for the first. */
export type NetworkCandidate = (before: string | null) => PossibleNetwork

export function possibleNetworks(): NetworkCandidate[] {
  const helpers = findNetworkHelpers()
  const policing = findPolicing()
  const policed = (typeof policing === 'string' ? [] : helpers).map(
    (helper): NetworkCandidate =>
      () => ({
        helper,
        policing: typeof policing === 'string' ? null : policing,
        networkProblem: null,
        networkWeakness: null,
      }),
  )
  let policingFailed: string | null = null
  const open = helpers.map(
    (helper): NetworkCandidate =>
      (before) => {
        policingFailed ??= before
        const problem = typeof policing === 'string' ? policing : `its rules cannot be set here (${policingFailed})`
        return {
          helper,
          policing: null,
          networkProblem: problem,
          networkWeakness: `Sandboxes can reach the networks of this machine, its own addresses and metadata services included, because ${problem}.`,
        }
      },
  )
  const shared: NetworkCandidate = (before) => {
    const problem = helpers.length === 0 ? 'slirp4netns is not installed' : `slirp4netns does not work here (${before})`
    return {
      helper: null,
      policing: null,
      networkProblem: problem,
      networkWeakness: `The network is shared with this machine, its loopback included, because ${problem}.`,
    }
  }
  return [...policed, ...open, shared]
}
