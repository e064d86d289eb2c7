/** Switches the network of a running sandbox, by starting and ending the helper process that serves it. */
import { isSamePolicy, type NetworkPolicy } from '@/lib/process-api/network-policy'
import { exitedWithin, type HostProcess, isRunning, signalProcess } from './host-process'

/** A process that survives SIGKILL for this long hangs in the kernel. */
const endTimeoutMs = 5_000

/** The helper process, or null, and the policy under which it was started. */
export interface ServedNetwork {
  readonly helper: HostProcess | null
  readonly policy: NetworkPolicy
}

export const noNetwork: ServedNetwork = { helper: null, policy: { kind: 'none', allowList: [] } }

export interface SwitchDeps {
  /** The part of a policy that can be enforced on this machine. */
  enforceable(requested: NetworkPolicy): NetworkPolicy
  /** Start a helper under an enforceable policy. */
  attach(policy: NetworkPolicy): Promise<HostProcess | null>
  /** Save what serves the network from now on. */
  changed(served: ServedNetwork): void
}

export class NetworkSwitch {
  /** @param served what serves the network now */
  constructor(
    private served: ServedNetwork,
    private readonly deps: SwitchDeps,
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
   * Apply another policy. The old helper's connections end with it, so none outlives the policy that allowed it. If the new
   * policy cannot be applied, there is no network.
   */
  async apply(requested: NetworkPolicy): Promise<void> {
    const next = this.deps.enforceable(requested)
    const { helper, policy } = this.served
    if (isSamePolicy(policy, next) && (helper === null || isRunning(helper))) return
    if (helper !== null) {
      signalProcess(helper, 'SIGKILL')
      if (!(await exitedWithin([helper], endTimeoutMs))) throw new Error('the old network helper could not be killed')
      this.setServed(noNetwork)
    }
    if (next.kind !== 'none') this.setServed({ helper: await this.deps.attach(next), policy: next })
  }

  private setServed(served: ServedNetwork): void {
    this.served = served
    this.deps.changed(served)
  }
}
