/** One PTY: a shell on a terminal, the clients that are attached to it, its screen, its size and its end. */
import { ApiError } from '@/lib/process-api/errors'
import type { PtyDetail, PtyExit, PtySessionInfo } from '@/lib/process-api/pty'
import { killTree } from '../../linux/kill-tree'
import type { LimitWatch } from '../../linux/limit-watch'
import { executionMark } from '../../linux/process-table'
import { membersOf, type TreeRoots } from '../../linux/process-tree'
import type { InputChannel } from '../process/input-wait/input-channel'
import type { InputWatch, InputWatches } from '../process/input-wait/input-watches'
import type { Starter } from '../process/starter'
import type { PtyClient } from './client'
import { killedExit, ptyExitOf } from './exit-reason'
import { OutputTail } from './output-tail'
import type { OpenRecording } from './recordings'
import type { ScreenGrid, ScreenSnapshot } from './screen/messages'
import type { Screen, Screens } from './screen/screens'
import { Terminal } from './terminal'

/** Output that a client without a snapshot is shown when it attaches. */
export const replayBytes = 64 * 1024
/** As long as a terminal has printed no more than this, its screen can be drawn afterwards from all of it. */
const undrawnBytes = 1024 * 1024
/** In a flood output goes on in such steps: each takes a system call for each client, and the kernel gives 4 kB at a time. */
const stepMs = 1
const stepBytes = 64 * 1024
/** Bytes that the screen may be behind before the terminal waits for it, and until how many it waits. */
const screenHighWater = 16 * 1024 * 1024
const screenLowWater = 4 * 1024 * 1024

export interface PtySettings {
  id: string
  cwd: string
  envs: Record<string, string>
  cols: number
  rows: number
  lazyStart: boolean
}

export interface PtyOwner {
  readonly shell: string
  readonly starter: Starter
  readonly screens: Screens
  readonly limits: LimitWatch
  readonly inputWatches: InputWatches
  environment(settings: PtySettings, mark: string): Record<string, string>
  changed(session: PtySession): void
  /** The shell has gone: from now on the id is free. */
  ended(session: PtySession): void
}

export class PtySession {
  private readonly createdAt = new Date().toISOString()
  private readonly tail = new OutputTail(undrawnBytes)
  private readonly clients = new Set<PtyClient>()
  private readonly held = new Set<() => void>()
  private terminal: Terminal | null = null
  private inputWatch: InputWatch | null = null
  private waitingForInput: boolean | null = false
  private startedAt: string | null = null
  private screen: Screen | null = null
  /** Sizes since the start, each from its offset on; what a screen is drawn with afterwards. */
  private readonly sizes: Array<{ offset: number; cols: number; rows: number }> = []
  private pending: Uint8Array[] = []
  private pendingBytes = 0
  private flushedAt = 0
  private flushSoon: NodeJS.Immediate | null = null
  private flushLater: NodeJS.Timeout | null = null
  private paused = false
  private recording: OpenRecording | null = null
  private killing: Promise<void> | null = null
  private starting: Promise<void> | null = null
  private over = false
  private cols: number
  private rows: number
  private owner: string | null = null

  constructor(
    private readonly settings: PtySettings,
    private readonly ptys: PtyOwner,
    private readonly mark: string,
  ) {
    this.cols = settings.cols
    this.rows = settings.rows
  }

  get id(): string {
    return this.settings.id
  }

  /** How to find the processes of the terminal. */
  get roots(): TreeRoots {
    const { entry, supervisor = null } = this.terminal ?? {}
    return { mark: { variable: executionMark, value: this.mark }, leaders: entry ? [entry] : [], supervisor }
  }

  get hasEnded(): boolean {
    return this.over
  }

  toWire(): PtySessionInfo {
    const { id, cwd, envs, lazyStart } = this.settings
    const { cols, rows, createdAt } = this
    return { id, cwd, envs, cols, rows, createdAt, active: this.terminal !== null && !this.over, lazyStart }
  }

  toDetail(): PtyDetail {
    const viewers = [...this.clients].filter((client) => client.isViewer).length
    return {
      ...this.toWire(),
      pid: this.terminal?.pid ?? null,
      waitingForInput: this.waitingForInput,
      startedAt: this.startedAt,
      outputBytes: this.tail.end,
      clients: this.clients.size - viewers,
      viewers,
      sizeOwner: this.owner,
      recording: this.recording?.id ?? null,
    }
  }

  /** Start the shell, once. Rejects with a `SpawnError` where that is not possible. */
  start(): Promise<void> {
    this.starting ??= this.open()
    return this.starting
  }

  private async open(): Promise<void> {
    const { cwd } = this.settings
    const { cols, rows } = this
    const env = this.ptys.environment(this.settings, this.mark)
    const watched = this.ptys.limits.begin({ isIdle: true })
    const request = { file: this.ptys.shell, args: ['-i', '-l'], cwd, env, cols, rows }
    const terminal = await Terminal.open(this.ptys.starter, request, (bytes) => this.onData(bytes))
    this.terminal = terminal
    this.waitingForInput = null
    this.startedAt = new Date().toISOString()
    this.sizes.push({ offset: 0, cols, rows })
    // It was resized while it started.
    if (this.cols !== cols || this.rows !== rows) this.applySize()
    if (terminal.channel) this.watchInput(terminal.channel)
    terminal.onDrain = () => this.inputDrained()
    void terminal.exited.then((end) => {
      if (!this.killing) this.finish(ptyExitOf(watched.explain(end)), false)
    })
    this.ptys.changed(this)
  }

  private watchInput(channel: InputChannel): void {
    this.inputWatch = this.ptys.inputWatches.watch({
      channel,
      members: (snapshot) => membersOf(this.roots, snapshot),
      tell: (waiting) => {
        this.waitingForInput = waiting
        this.ptys.changed(this)
      },
    })
  }

  /** What was printed lately. Everything up to now has been given to the clients. */
  recentOutput(): Uint8Array {
    this.flush()
    return this.tail.recent(replayBytes)
  }

  /** From now on the client gets what is printed. */
  attach(client: PtyClient): void {
    this.flush()
    this.clients.add(client)
    this.ptys.changed(this)
  }

  detach(client: PtyClient, name: string | null): void {
    if (!this.clients.delete(client)) return
    if (name !== null && this.owner === name) this.setOwner(null)
    this.applyBackpressure()
    this.ptys.changed(this)
  }

  /** The clients must be weighed anew: one is full, has room again, or has stalled. */
  applyBackpressure(): void {
    const waitedFor = [...this.clients].filter((client) => !client.isStalled)
    const full = waitedFor.filter((client) => client.isFull)
    const allFull = full.length > 0 && full.length === waitedFor.length
    const mustWait = allFull || full.some((client) => client.needsEverything) || this.screenIsBehind()
    if (!mustWait) for (const client of full) client.fallBehind()
    if (mustWait === this.paused) return
    this.paused = mustWait
    if (mustWait) this.terminal?.pause()
    else this.terminal?.resume()
  }

  /** Type. `hold` and `release` stop and continue the reading of the client's messages while too much input waits. */
  input(bytes: Uint8Array, hold: () => void, release: () => void): void {
    if (!this.terminal) return
    this.terminal.write(bytes)
    this.inputWatch?.noteActivity()
    if (!this.terminal.isInputFull) return
    hold()
    this.held.add(release)
  }

  /** Set the size; it takes effect at this place of the output, for every client. */
  resize(cols: number, rows: number, owner: string | null): void {
    this.flush()
    const changed = cols !== this.cols || rows !== this.rows
    if (!changed && owner === this.owner) return
    this.cols = cols
    this.rows = rows
    this.owner = owner
    if (changed) this.applySize()
    this.tellSize()
  }

  private applySize(): void {
    const { cols, rows } = this
    this.terminal?.resize(cols, rows)
    this.screen?.resize(cols, rows)
    this.sizes.push({ offset: this.tail.end, cols, rows })
    this.recording?.recording.resized(cols, rows)
  }

  get sizeOwner(): string | null {
    return this.owner
  }

  /** Nobody owns the size any more; it stays as it is. */
  releaseSize(owner: string): void {
    if (this.owner === owner) this.setOwner(null)
  }

  /** The screen as it is now, at the offset of everything that was printed until now. */
  snapshot(): { offset: number; sizeOwner: string | null; screen: Promise<ScreenSnapshot> } {
    this.flush()
    return { offset: this.tail.end, sizeOwner: this.owner, screen: this.ensureScreen().snapshot() }
  }

  async grid(): Promise<{ offset: number; grid: ScreenGrid }> {
    this.flush()
    const offset = this.tail.end
    return { offset, grid: await this.ensureScreen().grid() }
  }

  /** Begin to record, with the screen as it is first. */
  async record(open: OpenRecording): Promise<void> {
    if (this.recording) throw new ApiError('CONFLICT', 'this PTY is being recorded already')
    this.flush()
    const before: Uint8Array[] = []
    // What is printed while the screen is read comes after it.
    let output = (bytes: Uint8Array) => {
      before.push(bytes)
    }
    const { recording } = open
    this.recording = open
    // Not in the middle of what it was given: stopping gives it the rest.
    recording.onProblem = () => setImmediate(() => this.recording === open && this.stopRecording())
    this.recorder = (bytes) => output(bytes)
    try {
      if (this.tail.end > 0) recording.screen((await this.ensureScreen().snapshot()).data)
    } catch (error) {
      this.stopRecording()
      throw error
    }
    for (const bytes of before) recording.output(bytes)
    output = (bytes) => recording.output(bytes)
    this.ptys.changed(this)
  }

  stopRecording(): void {
    this.flush()
    this.recorder = () => {}
    this.recording?.stop()
    this.recording = null
    this.ptys.changed(this)
  }

  /** Kill the shell and everything that it started. Resolves when all is gone and the clients were told. */
  kill(): Promise<void> {
    this.killing ??= this.killAll()
    return this.killing
  }

  private recorder: (bytes: Uint8Array) => void = () => {}

  private async killAll(): Promise<void> {
    // What cannot be started is reported to whoever asked for it.
    await this.starting?.catch(() => undefined)
    const { terminal } = this
    if (terminal) {
      await killTree(this.roots, 0)
      await terminal.exited
    }
    this.finish(killedExit, true)
  }

  private finish(exit: PtyExit, forced: boolean): void {
    if (this.over) return
    this.over = true
    this.inputWatch?.stop()
    this.flush()
    this.stopRecording()
    this.ptys.ended(this)
    const told = [...this.clients].map((client) => client.exited(exit, forced))
    this.clients.clear()
    void Promise.all(told).then(() => {
      this.screen?.close()
      this.screen = null
    })
  }

  /** Bytes of the terminal: at once after a pause, else with what follows at once. */
  private onData(bytes: Uint8Array): void {
    this.pending.push(bytes)
    this.pendingBytes += bytes.length
    if (this.pendingBytes >= stepBytes) this.flush()
    else if (this.flushSoon || this.flushLater) return
    else if (performance.now() - this.flushedAt < stepMs) this.flushLater = setTimeout(() => this.flush(), stepMs)
    else this.flushSoon = setImmediate(() => this.flush())
  }

  private flush(): void {
    if (this.flushSoon) clearImmediate(this.flushSoon)
    if (this.flushLater) clearTimeout(this.flushLater)
    this.flushSoon = null
    this.flushLater = null
    const [first] = this.pending
    if (!first) return
    this.flushedAt = performance.now()
    const bytes = this.pending.length === 1 ? first : Buffer.concat(this.pending)
    this.inputWatch?.noteActivity()
    this.pending = []
    this.pendingBytes = 0
    const offset = this.tail.end
    if (!this.screen && offset + bytes.length > undrawnBytes) this.ensureScreen()
    this.tail.add(bytes)
    this.screen?.write(bytes)
    this.recorder(bytes)
    const piece = { offset, wallMs: Date.now(), bytes }
    for (const client of this.clients) client.output(piece)
    if (this.screen) this.applyBackpressure()
  }

  /** The screen, drawn from what was printed until now where there was none. */
  private ensureScreen(): Screen {
    if (this.screen && !this.screen.isLost) return this.screen
    const first = this.sizes[0] ?? { cols: this.cols, rows: this.rows }
    const screen = this.ptys.screens.open(first.cols, first.rows)
    screen.onProgress = () => this.applyBackpressure()
    const output = this.tail.whole()
    let at = this.tail.begin
    for (const size of this.sizes.slice(1)) {
      const until = Math.max(at, size.offset)
      screen.write(output.subarray(at - this.tail.begin, until - this.tail.begin))
      screen.resize(size.cols, size.rows)
      at = until
    }
    screen.write(output.subarray(at - this.tail.begin))
    this.screen = screen
    this.tail.setLimit(2 * replayBytes)
    return screen
  }

  private screenIsBehind(): boolean {
    const backlog = this.screen?.backlog ?? 0
    return backlog > (this.paused ? screenLowWater : screenHighWater)
  }

  private setOwner(owner: string | null): void {
    this.owner = owner
    this.tellSize()
  }

  private tellSize(): void {
    const { cols, rows, owner: sizeOwner } = this
    for (const client of this.clients) client.resized({ offset: this.tail.end, cols, rows, sizeOwner })
    this.ptys.changed(this)
  }

  private inputDrained(): void {
    for (const release of this.held) release()
    this.held.clear()
  }
}
