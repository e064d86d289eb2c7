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

export class NetworkSwitch {
  /**
   * @param served what serves it now
   * @param attach starts another helper under a policy, or under what can be had of it
   * @param changed keeps what serves it from now on
   */
  constructor(
    private served: ServedNetwork,
    private readonly attach: (policy: NetworkPolicy) => Promise<ServedNetwork>,
    private readonly changed: (served: ServedNetwork) => void,
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
    const { helper, policy } = this.served
    if (isSamePolicy(policy, wanted) && (helper === null || isRunning(helper))) return
    if (helper !== null) {
      signalProcess(helper, 'SIGKILL')
      if (!(await goneWithin([helper], endTimeoutMs))) throw new Error('the network could not be cut off')
      this.become(noNetwork)
    }
    if (wanted.kind !== 'none') this.become(await this.attach(wanted))
  }

  private become(served: ServedNetwork): void {
    this.served = served
    this.changed(served)
  }
}
