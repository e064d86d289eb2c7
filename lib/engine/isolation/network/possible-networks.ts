/** The ways to give sandboxes a network, from the strictest to the weakest. */
import { findNetworkHelpers } from '../network-helper'
import type { NetworkCapabilities } from './network-capabilities'
import { findPolicing } from './policing'

export interface PossibleNetwork extends NetworkCapabilities {
  /** A warning for the user as one plain sentence, or null. */
  readonly networkWeakness: string | null
}

/** Called with the reason why the candidate before failed; null for the first one. */
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
          networkWeakness: `Sandboxes can reach the networks of this machine, including its own addresses and metadata services, because ${problem}.`,
        }
      },
  )
  const shared: NetworkCandidate = (before) => {
    const problem = helpers.length === 0 ? 'slirp4netns is not installed' : `slirp4netns does not work here (${before})`
    return {
      helper: null,
      policing: null,
      networkProblem: problem,
      networkWeakness: `The network, including the loopback, is shared with this machine because ${problem}.`,
    }
  }
  return [...policed, ...open, shared]
}
