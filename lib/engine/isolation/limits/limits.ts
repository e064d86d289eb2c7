/** The limits of sandboxes: one interface for every mechanism that a host supports. */
import type { LimitsReport } from '@/lib/process-api/sandbox'
import type { ControlGroup } from '../../linux/control-group'
import type { HostProcess } from '../host-process'
import type { Resources } from '../isolation'

/**
 * Default limit of processes and threads per sandbox. A parallel build or a browser has a few hundred; hosts have 32,768
 * process ids or more.
 */
export const defaultProcessLimit = 4_096

/** How this host limits sandboxes. */
export interface Limits {
  /** The report of a sandbox launched now. */
  readonly report: LimitsReport
  /** Prepare the limits of a new sandbox. Throws when its groups cannot be created. */
  open(sandboxId: string): SandboxLimits
  /** Release what earlier engines with this data directory left behind for sandboxes that no longer run. */
  tidy(running: ReadonlySet<string>): Promise<void>
  /** Release what is held for future sandboxes, when the engine exits. */
  release(): void
}

/** The limits of one sandbox. */
export interface SandboxLimits {
  /** The sandbox's control groups on the host; null without any. */
  readonly group: ControlGroup | null
  /** Wraps a command so that the limits apply from its first instruction. */
  wrap(command: readonly string[]): string[]
  /**
   * Apply resource limits. Rejects with a `LimitError` when that is impossible.
   * @param main the ancestor of all processes in the sandbox, once it runs
   */
  apply(resources: Resources, main: HostProcess | null): Promise<void>
  /** For a sandbox that has exited: kill remaining processes and release the limits. Never rejects. */
  close(): Promise<void>
}

/** Resource limits that cannot be applied; the message is one plain sentence. */
export class LimitError extends Error {
  override readonly name = 'LimitError'
}

export const gibibyte = 1024 ** 3

/** A sandbox without limits. */
export const unlimited: SandboxLimits = {
  group: null,
  wrap: (command) => [...command],
  apply: async () => {},
  close: async () => {},
}

/** A host without limits. */
export class NoLimits implements Limits {
  readonly report: LimitsReport

  /** @param message the reason, as one plain sentence */
  constructor(message: string) {
    this.report = { by: 'none', memory: 'none', cpu: 'none', processes: null, disk: 'none', message }
  }

  open(): SandboxLimits {
    return unlimited
  }

  async tidy(): Promise<void> {}

  release(): void {}
}
