/** One PTY: a shell on a terminal, with its screen, its size, its recording and its attached clients. */
import type { PtyDetail, PtyExit, PtySessionInfo } from '@/lib/process-api/pty'
import type { TreeRoots } from '../../linux/process-tree'
import { AttachedClients } from './attached-clients'
import type { PtyClient } from './client'
import { killedExit, ptyExitOf } from './exit-reason'
import { LazyScreen } from './lazy-screen'
import { OutputBatcher } from './output-batcher'
import { OutputSignals } from './output-signals'
import { PtyShell, type PtyShellDeps } from './pty-shell'
import type { OpenRecording } from './recordings'
import type { ScreenGrid, ScreenSnapshot } from './screen/messages'
import type { Screens } from './screen/screens'
import { SessionRecorder } from './session-recorder'

/** Titles, bells and progress are published at most this often. */
const signalIntervalMs = 250

export interface PtySettings {
  id: string
  cwd: string
  envs: Record<string, string>
  cols: number
  rows: number
  lazyStart: boolean
}

export interface PtyOwner extends PtyShellDeps {
  readonly screens: Screens
  environment(settings: PtySettings, mark: string): Record<string, string>
  /** What `toDetail` returns has changed. */
  changed(session: PtySession): void
  /** The shell has exited: its id is free. */
  ended(session: PtySession): void
}

/** Columns and rows, and the attached client that alone may change them; null where any client may. */
interface TerminalSize {
  cols: number
  rows: number
  owner: string | null
}

export class PtySession {
  private readonly createdAt = new Date().toISOString()
  private readonly clients = new AttachedClients()
  private readonly batcher = new OutputBatcher((bytes) => this.deliver(bytes))
  private readonly signals = new OutputSignals(() => this.publishSignals())
  private readonly recorder = new SessionRecorder(() => this.stopRecording())
  private readonly screen: LazyScreen
  private readonly shell: PtyShell
  private size: TerminalSize
  private isPaused = false
  private signalTimer: NodeJS.Timeout | null = null
  private ended = false
  private starting: Promise<void> | null = null
  private killing: Promise<void> | null = null

  constructor(
    private readonly settings: PtySettings,
    private readonly ptys: PtyOwner,
    private readonly mark: string,
  ) {
    const { cols, rows } = settings
    this.size = { cols, rows, owner: null }
    this.screen = new LazyScreen(ptys.screens, { cols, rows }, () => this.applyBackpressure())
    this.shell = new PtyShell(ptys, mark, {
      output: (bytes) => this.batcher.add(bytes),
      exited: (end) => {
        if (!this.killing) this.finish(ptyExitOf(end), false)
      },
      inputWaitChanged: () => this.ptys.changed(this),
    })
  }

  get id(): string {
    return this.settings.id
  }

  /** How to find the processes of the terminal. */
  get roots(): TreeRoots {
    return this.shell.roots
  }

  get sizeOwner(): string | null {
    return this.size.owner
  }

  toWire(): PtySessionInfo {
    const { id, cwd, envs, lazyStart } = this.settings
    const { cols, rows } = this.size
    const active = this.shell.isStarted && !this.ended
    return { id, cwd, envs, cols, rows, createdAt: this.createdAt, active, lazyStart }
  }

  toDetail(): PtyDetail {
    const { pid, waitingForInput, startedAt } = this.shell
    return {
      ...this.toWire(),
      pid,
      waitingForInput,
      startedAt,
      outputBytes: this.screen.offset,
      ...this.clients.counts(),
      sizeOwner: this.size.owner,
      recording: this.recorder.recordingId,
      ...this.signals.signals,
    }
  }

  /** Start the shell, once. Rejects with a `SpawnError` where that is not possible. */
  start(): Promise<void> {
    this.starting ??= this.startShell()
    return this.starting
  }

  private async startShell(): Promise<void> {
    const { cwd } = this.settings
    const { cols, rows } = this.size
    await this.shell.start({ cwd, env: this.ptys.environment(this.settings, this.mark), cols, rows })
    // The size may have changed while the shell started.
    if (this.size.cols !== cols || this.size.rows !== rows) this.shell.resize(this.size.cols, this.size.rows)
    this.ptys.changed(this)
  }

  /** The last output. Everything up to now has been sent to the attached clients. */
  recentOutput(): Uint8Array {
    this.batcher.flush()
    return this.screen.recentOutput()
  }

  /** Send the client all output from here on. */
  attach(client: PtyClient): void {
    this.batcher.flush()
    this.clients.add(client)
    this.ptys.changed(this)
  }

  /** @param name under which the client may own the size */
  detach(client: PtyClient, name: string | null): void {
    if (!this.clients.remove(client)) return
    if (name !== null) this.releaseSize(name)
    this.applyBackpressure()
    this.ptys.changed(this)
  }

  /** Pause or resume the terminal. Called when a client is full, has room again or stalls, and when the screen lags. */
  applyBackpressure(): void {
    const mustWait = this.clients.blockTerminal || this.screen.isLagging(this.isPaused)
    if (!mustWait) this.clients.skipSlowClients()
    if (mustWait === this.isPaused) return
    this.isPaused = mustWait
    if (mustWait) this.shell.pauseOutput()
    else this.shell.resumeOutput()
  }

  /** Type. `pause` and `resume` control the reading of the client's messages while too much input waits. */
  input(bytes: Uint8Array, pause: () => void, resume: () => void): void {
    this.shell.input(bytes, pause, resume)
  }

  /** Set the size; it takes effect at this offset of the output, for every client. */
  resize(cols: number, rows: number, owner: string | null): void {
    this.batcher.flush()
    const changed = cols !== this.size.cols || rows !== this.size.rows
    if (!changed && owner === this.size.owner) return
    this.size = { cols, rows, owner }
    if (changed) {
      this.shell.resize(cols, rows)
      this.screen.resize(cols, rows)
      this.recorder.resized(cols, rows)
    }
    this.publishSize()
  }

  /** Give up the ownership of the size, which stays as it is. */
  releaseSize(owner: string): void {
    if (this.size.owner !== owner) return
    this.size.owner = null
    this.publishSize()
  }

  /** The screen as it is now; `offset` counts all bytes that were printed until now. */
  snapshot(): { offset: number; sizeOwner: string | null; screen: Promise<ScreenSnapshot> } {
    this.batcher.flush()
    return { offset: this.screen.offset, sizeOwner: this.size.owner, screen: this.screen.snapshot() }
  }

  async grid(): Promise<{ offset: number; grid: ScreenGrid }> {
    this.batcher.flush()
    const { offset } = this.screen
    return { offset, grid: await this.screen.grid() }
  }

  /** Start recording, beginning with the screen as it is. Throws a 409 where a recording is in progress. */
  async record(open: OpenRecording): Promise<void> {
    this.batcher.flush()
    const readScreen = this.screen.offset > 0 ? async () => (await this.screen.snapshot()).data : null
    try {
      await this.recorder.start(open, readScreen)
    } catch (error) {
      if (this.recorder.recordingId === open.id) this.stopRecording()
      throw error
    }
    this.ptys.changed(this)
  }

  stopRecording(): void {
    this.batcher.flush()
    this.recorder.stop()
    this.ptys.changed(this)
  }

  /** Kill the shell and everything that it started. Resolves when all processes and clients are gone. */
  kill(): Promise<void> {
    this.killing ??= this.killAll()
    return this.killing
  }

  private async killAll(): Promise<void> {
    // A failed start is reported by `start`.
    await this.starting?.catch(() => undefined)
    await this.shell.kill()
    this.finish(killedExit, true)
  }

  private finish(exit: PtyExit, forced: boolean): void {
    if (this.ended) return
    this.ended = true
    this.shell.stopInputWatch()
    this.stopRecording()
    this.ptys.ended(this)
    void this.clients.exit(exit, forced).then(() => this.screen.close())
  }

  private deliver(bytes: Uint8Array): void {
    this.shell.noteActivity()
    const { offset } = this.screen
    this.screen.write(bytes)
    this.signals.add(bytes)
    this.recorder.output(bytes)
    this.clients.output({ offset, wallMs: Date.now(), bytes })
    if (this.screen.isDrawn) this.applyBackpressure()
  }

  /** A program can change its title at any rate. */
  private publishSignals(): void {
    this.signalTimer ??= setTimeout(() => {
      this.signalTimer = null
      this.ptys.changed(this)
    }, signalIntervalMs)
    this.signalTimer.unref()
  }

  private publishSize(): void {
    const { cols, rows, owner: sizeOwner } = this.size
    this.clients.resized({ offset: this.screen.offset, cols, rows, sizeOwner })
    this.ptys.changed(this)
  }
}
