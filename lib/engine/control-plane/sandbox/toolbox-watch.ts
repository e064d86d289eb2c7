/** What the engine sees of a sandbox's toolbox while it runs, what it does about it, and what it tells clients. */
import { ApiError } from '@/lib/process-api/errors'
import type { ToolboxNotice } from '@/lib/process-api/sandbox'
import { Heartbeat, type HeartbeatTimes } from './heartbeat'
import { causes, type StopCause } from './stop-cause'
import type { Toolbox } from './toolbox-launch'

export class ToolboxWatch {
  private shown: ToolboxNotice | null = null
  private heartbeat: Heartbeat | null = null
  private silence: StopCause | null = null

  /**
   * @param sandbox how log lines and refusals name it
   * @param changed called after every change of `notice` while the toolbox runs
   */
  constructor(
    private readonly sandbox: { readonly id: string; readonly name: string },
    private readonly changed: () => void,
    private readonly times?: HeartbeatTimes,
  ) {}

  /** What happened last since the sandbox was started, or null where nothing unusual did. */
  get notice(): ToolboxNotice | null {
    return this.shown
  }

  /** Watch this toolbox, and kill it where it stays silent. */
  begin(toolbox: Toolbox): void {
    this.heartbeat?.stop()
    this.silence = null
    const { process, link } = toolbox
    this.heartbeat = new Heartbeat(
      { ask: (deadlineMs) => link.ask('GET', '/version', undefined, deadlineMs), processes: () => process.vital() },
      {
        resumed: () => this.show('resumed', 'Its toolbox was stopped by a signal; the engine resumed it.'),
        silent: (forMs) => {
          this.show(
            'silent',
            `Its toolbox has not answered for ${seconds(forMs)} s. If it stays silent, it is restarted.`,
          )
        },
        answered: () => this.answered(),
        lost: (forMs) => {
          this.silence = causes.toolboxSilent(seconds(forMs))
          // Its end leads to the next start.
          process.kill().catch((error: unknown) => console.error(`sandbox ${this.sandbox.id}:`, error))
        },
      },
      this.times,
    )
  }

  /** The toolbox has ended, or is to end. Answers why the engine killed it, or null where it did not. */
  end(): StopCause | null {
    this.heartbeat?.stop()
    this.heartbeat = null
    if (this.shown?.kind === 'silent') this.shown = null
    return this.silence
  }

  /** The toolbox ended without having been asked to. The start of the next one, which follows, tells everybody. */
  restarted({ message }: StopCause): void {
    this.shown = noticeOf('restarted', message)
  }

  /** A start that somebody asked for: what was before is of no interest any more. */
  forget(): void {
    this.shown = null
  }

  /** Throws 503 while the toolbox is silent: a request to it would wait for as long as that lasts. */
  requireAnswers(): void {
    if (this.shown?.kind !== 'silent') return
    throw new ApiError(
      'SERVICE_UNAVAILABLE',
      `the toolbox of the sandbox ${this.sandbox.name} does not answer; if it stays silent, it is restarted. Try again in a moment`,
    )
  }

  private answered(): void {
    if (this.shown?.kind !== 'silent') return
    this.shown = null
    this.changed()
  }

  private show(kind: ToolboxNotice['kind'], message: string): void {
    console.error(`sandbox ${this.sandbox.id}: ${message}`)
    // Why it is silent tells less than that it is.
    if (kind === 'resumed' && this.shown?.kind === 'silent') return
    this.shown = noticeOf(kind, message)
    this.changed()
  }
}

function noticeOf(kind: ToolboxNotice['kind'], message: string): ToolboxNotice {
  return { kind, at: new Date().toISOString(), message }
}

function seconds(ms: number): number {
  return Math.round(ms / 1000)
}
