/** The state of one sandbox: what it is, what clients see meanwhile, and who waits for it to start. */
import type { SandboxState } from '@/lib/process-api/sandbox'
import { StartWaiters } from './start-waiters'

/** Operations that clients see as a state, although the sandbox keeps running. */
export type ShownOperation = 'snapshotting' | 'forking' | 'resizing'

export class SandboxStatus {
  private operation: ShownOperation | null = null
  private error: string | null = null
  private readonly waiters = new StartWaiters()

  /** @param changed called after every change of the visible state, with the previous one */
  constructor(
    private state: SandboxState,
    private readonly changed: (previous: SandboxState) => void,
  ) {}

  /** The actual state, whatever operation is shown. */
  get current(): SandboxState {
    return this.state
  }

  /** The state that clients see. */
  get visible(): SandboxState {
    return this.operation ?? this.state
  }

  get isStarting(): boolean {
    return this.state === 'starting' || this.state === 'creating'
  }

  /** Why the sandbox could not be started; null in every state but `error`. */
  get errorReason(): string | null {
    return this.error
  }

  set(state: SandboxState): void {
    const previous = this.visible
    this.state = state
    if (state !== 'error') this.error = null
    if (!this.isStarting) this.waiters.release()
    if (previous !== this.visible) this.changed(previous)
  }

  setError(reason: string): void {
    this.error = reason
    this.set('error')
  }

  /** Show an operation as the state until `work` has ended. */
  async showing<Result>(operation: ShownOperation, work: () => Promise<Result>): Promise<Result> {
    const previous = this.visible
    this.operation = operation
    this.changed(previous)
    try {
      return await work()
    } finally {
      this.operation = null
      this.changed(operation)
    }
  }

  /** Wait while the sandbox starts, up to a limit. */
  async settled(): Promise<void> {
    if (this.isStarting) await this.waiters.settled()
  }
}
