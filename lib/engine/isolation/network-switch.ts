/** The network of one sandbox while it runs: there as long as the process outside that serves it. */
import { goneWithin, type HostProcess, signalProcess } from './host-process'
import type { LaunchRequest } from './isolation'

/** What survives SIGKILL for so long hangs in the kernel. */
const endTimeoutMs = 5_000

export class NetworkSwitch {
  /**
   * @param helper the process that serves it now
   * @param attach starts another one
   * @param changed keeps the one that serves it from now on
   */
  constructor(
    public helper: HostProcess | null,
    private readonly attach: () => Promise<HostProcess>,
    private readonly changed: (helper: HostProcess | null) => void,
  ) {}

  get kind(): 'private' | 'blocked' {
    return this.helper === null ? 'blocked' : 'private'
  }

  /** Without its helper the namespace has its loopback and nothing else: what was connected is cut off, too. */
  async turn(wanted: LaunchRequest['network']): Promise<void> {
    if (wanted === 'open') {
      this.helper ??= await this.attach()
    } else if (this.helper !== null) {
      signalProcess(this.helper, 'SIGKILL')
      if (!(await goneWithin([this.helper], endTimeoutMs))) throw new Error('the network could not be cut off')
      this.helper = null
    }
    this.changed(this.helper)
  }
}
