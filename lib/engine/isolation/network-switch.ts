/** The network of one sandbox while it runs: there as long as the process outside that serves it. */
import { isSamePolicy, type NetworkPolicy } from '@/lib/process-api/network-policy'
import { goneWithin, type HostProcess, isRunning, signalProcess } from './host-process'

/** What survives SIGKILL for so long hangs in the kernel. */
const endTimeoutMs = 5_000

/** The process that serves the network of a sandbox, or null, and the policy under which it was started. */
export interface ServedNetwork {
  readonly helper: HostProcess | null
  readonly policy: NetworkPolicy
}

export const noNetwork: ServedNetwork = { helper: null, policy: { kind: 'none', allowList: [] } }

export interface SwitchParts {
  /** What can be put in force of a policy on this machine. */
  enforceable(wanted: NetworkPolicy): NetworkPolicy
  /** Start a helper under a policy that can be. */
  attach(policy: NetworkPolicy): Promise<HostProcess | null>
  /** Keep what serves the network from now on. */
  changed(served: ServedNetwork): void
}

export class NetworkSwitch {
  /** @param served what serves it now */
  constructor(
    private served: ServedNetwork,
    private readonly parts: SwitchParts,
  ) {}

  get helper(): HostProcess | null {
    return this.served.helper
  }

  get policy(): NetworkPolicy {
    return this.served.policy
  }

  get kind(): 'private' | 'blocked' {
    return this.served.helper === null ? 'blocked' : 'private'
  }

  /**
   * Put another policy in force. Every connection through the old helper ends with it, so none outlives the policy that
   * allowed it. Where the new policy cannot be put in force there is no network.
   */
  async turn(wanted: NetworkPolicy): Promise<void> {
    const next = this.parts.enforceable(wanted)
    const { helper, policy } = this.served
    if (isSamePolicy(policy, next) && (helper === null || isRunning(helper))) return
    if (helper !== null) {
      signalProcess(helper, 'SIGKILL')
      if (!(await goneWithin([helper], endTimeoutMs))) throw new Error('the network could not be cut off')
      this.become(noNetwork)
    }
    if (next.kind !== 'none') this.become({ helper: await this.parts.attach(next), policy: next })
  }

  private become(served: ServedNetwork): void {
    this.served = served
    this.parts.changed(served)
  }
}
