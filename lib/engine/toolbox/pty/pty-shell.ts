/** The shell of a PTY: its terminal, its processes, and whether it waits for input. */

import type { ExecutionEnd } from '../../linux/execution-end'
import { killTree } from '../../linux/kill-tree'
import type { LimitWatch } from '../../linux/limit-watch'
import { executionMark } from '../../linux/process-table'
import { membersOf, type TreeRoots } from '../../linux/process-tree'
import type { InputChannel } from '../process/input-wait/input-channel'
import type { InputWatch, InputWatches } from '../process/input-wait/input-watches'
import type { Starter } from '../process/starter'
import { Terminal, type TerminalRequest } from './terminal'

export interface PtyShellDeps {
  readonly shell: string
  readonly starter: Starter
  readonly limits: LimitWatch
  readonly inputWatches: InputWatches
}

export interface PtyShellHandlers {
  output(bytes: Uint8Array): void
  /** The shell exited by itself; not called after `kill`. */
  exited(end: ExecutionEnd): void
  /** The shell waits for input, or does not any more. */
  inputWaitChanged(): void
}

export class PtyShell {
  private terminal: Terminal | null = null
  private inputWatch: InputWatch | null = null
  private waiting: boolean | null = false
  private startTime: string | null = null
  private isKilled = false
  /** Resume the clients whose messages are not read while too much input waits. */
  private readonly pausedSenders = new Set<() => void>()

  constructor(
    private readonly deps: PtyShellDeps,
    private readonly mark: string,
    private readonly handlers: PtyShellHandlers,
  ) {}

  get isStarted(): boolean {
    return this.terminal !== null
  }

  get pid(): number | null {
    return this.terminal?.pid ?? null
  }

  get startedAt(): string | null {
    return this.startTime
  }

  /** Null where that cannot be determined. */
  get waitingForInput(): boolean | null {
    return this.waiting
  }

  /** How to find the processes of the terminal. */
  get roots(): TreeRoots {
    const { entry, supervisor = null } = this.terminal ?? {}
    return { mark: { variable: executionMark, value: this.mark }, leaders: entry ? [entry] : [], supervisor }
  }

  /** Start the shell. Rejects with a `SpawnError` where that is not possible. */
  async start(request: Pick<TerminalRequest, 'cwd' | 'env' | 'cols' | 'rows'>): Promise<void> {
    const { shell, starter, limits } = this.deps
    const watched = limits.watch({ isIdle: true })
    const shellRequest = { file: shell, args: ['-i', '-l'], ...request }
    const terminal = await Terminal.open(starter, shellRequest, (bytes) => this.handlers.output(bytes))
    this.terminal = terminal
    this.waiting = null
    this.startTime = new Date().toISOString()
    if (terminal.channel) this.watchInput(terminal.channel)
    terminal.onDrain = () => this.resumeSenders()
    void terminal.exited.then((end) => {
      if (!this.isKilled) this.handlers.exited(watched.explain(end))
    })
  }

  /** Type. `pause` and `resume` control the reading of the sender's messages while too much input waits. */
  input(bytes: Uint8Array, pause: () => void, resume: () => void): void {
    if (!this.terminal) return
    this.terminal.write(bytes)
    this.noteActivity()
    if (!this.terminal.isInputFull) return
    pause()
    this.pausedSenders.add(resume)
  }

  /** The shell printed something. */
  noteActivity(): void {
    this.inputWatch?.noteActivity()
  }

  resize(cols: number, rows: number): void {
    this.terminal?.resize(cols, rows)
  }

  pauseOutput(): void {
    this.terminal?.pause()
  }

  resumeOutput(): void {
    this.terminal?.resume()
  }

  /** Kill the shell and everything that it started. Resolves when its output was read to the end. */
  async kill(): Promise<void> {
    this.isKilled = true
    if (!this.terminal) return
    await killTree(this.roots, 0)
    await this.terminal.exited
  }

  stopInputWatch(): void {
    this.inputWatch?.stop()
  }

  private watchInput(channel: InputChannel): void {
    this.inputWatch = this.deps.inputWatches.watch({
      channel,
      members: (snapshot) => membersOf(this.roots, snapshot),
      onChange: (waiting) => {
        this.waiting = waiting
        this.handlers.inputWaitChanged()
      },
    })
  }

  private resumeSenders(): void {
    for (const resume of this.pausedSenders) resume()
    this.pausedSenders.clear()
  }
}
