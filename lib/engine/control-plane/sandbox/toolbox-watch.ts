/** Watches the toolbox of a running sandbox: replaces it when it hangs, and reports problems to clients. */
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import type { ToolboxNotice } from '@/lib/process-api/sandbox'
import { Heartbeat, type HeartbeatTimes } from './heartbeat'
import { causes, type StopCause } from './stop-cause'
import type { Toolbox } from './toolbox-launch'

export class ToolboxWatch {
  private currentNotice: ToolboxNotice | null = null
  private heartbeat: Heartbeat | null = null
  private silentCause: StopCause | null = null

  /**
   * @param sandbox the sandbox's names for logs and errors
   * @param changed called after every change of `notice` while the toolbox runs
   */
  constructor(
    private readonly sandbox: { readonly id: string; readonly name: string },
    private readonly changed: () => void,
    private readonly times?: HeartbeatTimes,
  ) {}

  /** The last unusual event since the sandbox was started, or null. */
  get notice(): ToolboxNotice | null {
    return this.currentNotice
  }

  /** Watch this toolbox, and kill it when it stays silent. */
  start(toolbox: Toolbox): void {
    this.heartbeat?.stop()
    this.silentCause = null
    const { process, link } = toolbox
    this.heartbeat = new Heartbeat(
      {
        ping: (timeoutMs) => link.ping(timeoutMs),
        processes: () => process.essentialProcesses(),
      },
      {
        resumed: () => this.show('resumed', 'The toolbox was stopped by a signal; the engine resumed it.'),
        silent: (forMs) => {
          this.show(
            'silent',
            `The toolbox has not responded for ${seconds(forMs)} s. If it stays silent, it will be restarted.`,
          )
        },
        recovered: () => this.recovered(),
        lost: (forMs) => {
          this.silentCause = causes.toolboxSilent(seconds(forMs))
          // The exit handler then starts the next toolbox.
          process.kill().catch((error: unknown) => log.error({ err: error }, `sandbox ${this.sandbox.id}`))
        },
      },
      this.times,
    )
  }

  /** The toolbox has exited or is about to. Returns why the engine killed it, or null when it did not. */
  stop(): StopCause | null {
    this.heartbeat?.stop()
    this.heartbeat = null
    if (this.currentNotice?.kind === 'silent') this.currentNotice = null
    return this.silentCause
  }

  /** The toolbox exited unexpectedly. The restart that follows notifies clients. */
  restarted({ message }: StopCause): void {
    this.currentNotice = noticeOf('restarted', message)
  }

  /** Clear the notice, for a start on request. */
  clear(): void {
    this.currentNotice = null
  }

  /** Throws 503 while the toolbox is silent: a request would hang for that long. */
  requireResponsive(): void {
    if (this.currentNotice?.kind !== 'silent') return
    throw new ApiError(
      'SERVICE_UNAVAILABLE',
      `the toolbox of the sandbox ${this.sandbox.name} does not respond; if it stays silent, it will be restarted. Try again in a moment`,
    )
  }

  private recovered(): void {
    if (this.currentNotice?.kind !== 'silent') return
    this.currentNotice = null
    this.changed()
  }

  private show(kind: ToolboxNotice['kind'], message: string): void {
    log.error(`sandbox ${this.sandbox.id}: ${message}`)
    // Silence is the more important notice.
    if (kind === 'resumed' && this.currentNotice?.kind === 'silent') return
    this.currentNotice = noticeOf(kind, message)
    this.changed()
  }
}

function noticeOf(kind: ToolboxNotice['kind'], message: string): ToolboxNotice {
  return { kind, at: new Date().toISOString(), message }
}

function seconds(ms: number): number {
  return Math.round(ms / 1000)
}
