/** What holds sandboxes to their resources: one interface, whatever this host has for it. */
import type { LimitsReport } from '@/lib/process-api/sandbox'
import type { ControlGroup } from '../../linux/control-group'
import type { HostProcess } from '../host-process'
import type { Resources } from '../isolation'

/**
 * Processes and threads that a sandbox may have at a time, unless the engine is told otherwise. A build on all cores or
 * a browser has a few hundred of them; a host has 32,768 process ids or more.
 */
export const defaultProcessLimit = 4_096

/** How this host limits sandboxes. */
export interface Limits {
  /** What a sandbox that is launched now will report. */
  readonly report: LimitsReport
  /** For a sandbox that is about to be launched. Throws where its groups cannot be made. */
  open(sandboxId: string): SandboxLimits
  /** Let go of what earlier engines with this data folder left behind for sandboxes that do not run any more. */
  tidy(running: ReadonlySet<string>): Promise<void>
  /** Let go of what is kept for sandboxes that are yet to come. For an engine that ends. */
  release(): void
}

/** The limits of one sandbox. */
export interface SandboxLimits {
  /** Its control groups on the host, or null where it has none. */
  readonly group: ControlGroup | null
  /** A command that is held by the limits from its first instruction on, and then becomes the given one. */
  wrap(command: readonly string[]): string[]
  /**
   * Put resources in force. Rejects with a `LimitError` where that cannot be.
   * @param main the process that everything in the sandbox descends from, once there is one
   */
  apply(resources: Resources, main: HostProcess | null): Promise<void>
  /** For a sandbox that has ended: end what is held nevertheless, and let go. Never rejects. */
  close(): Promise<void>
}

/** Resources that cannot be put in force; the message is one plain sentence. */
export class LimitError extends Error {
  override readonly name = 'LimitError'
}

export const gibibyte = 1024 ** 3

/** A sandbox that nothing limits. */
export const unlimited: SandboxLimits = {
  group: null,
  wrap: (command) => [...command],
  apply: async () => {},
  close: async () => {},
}

/** Nothing limits anything. */
export class NoLimits implements Limits {
  readonly report: LimitsReport

  /** @param message why, one plain sentence */
  constructor(message: string) {
    this.report = { by: 'none', memory: 'none', cpu: 'none', processes: null, disk: 'none', message }
  }

  open(): SandboxLimits {
    return unlimited
  }

  async tidy(): Promise<void> {}

  release(): void {}
}
