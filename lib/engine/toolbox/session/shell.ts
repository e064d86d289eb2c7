/**
 * The shell of a session: one long-lived process that runs one command after the other, so that its state (folder,
 * variables, functions, traps) stays. Commands arrive on its stdin, reports about them come back on a pipe. The end of
 * the shell is an outcome like any other.
 */
import { ApiError } from '@/lib/process-api/errors'
import type { ExecutionEnd } from '../../linux/execution-end'
import { type ProcessEntry, ProcessSnapshot } from '../../linux/process-table'
import { signalAll } from '../../linux/process-tree'
import { sendSignal } from '../../linux/signals'
import type { Child } from '../process/child'
import type { FifoPool } from '../process/fifo-pool'
import type { InputPipe } from '../process/input-pipe'
import type { Starter } from '../process/starter'
import { CommandInput } from './command-input'
import { CommandOutput, type OutputListener } from './command-output'
import { ControlWatch } from './control-watch'

export interface ShellOptions {
  /** A path, or a name that is found by the `PATH` of `env`; error messages of the shell begin with it. */
  binary: string
  cwd: string
  env: Record<string, string>
  pipes: FifoPool
  starter: Starter
}

/** How the shell itself ended. `message` says what a code alone does not. */
export interface ShellEnd {
  exit: ExecutionEnd
  message: string | null
}

/** `returned`: the shell reported a status. `shell-ended`: the command took the shell along. */
export type CommandOutcome = { type: 'returned'; status: number } | { type: 'shell-ended'; end: ShellEnd }

export interface RunningCommand {
  /** Null where stdin was at end-of-file from the start. */
  input: CommandInput | null
  /** Resolves when the command has ended and its own output was delivered. */
  outcome: Promise<CommandOutcome>
  /** `closed` resolves when no process holds the pipes any more. */
  output: Pick<CommandOutput, 'closed' | 'isClosed'>
}

export interface ShellCommand {
  id: string
  text: string
  stdin: 'open' | 'closed'
  onOutput: OutputListener
  /** The command closed its stdin, or it ended. */
  onStdinClosed: () => void
}

/** The command that runs, as far as every kind of shell knows it. */
export interface Current {
  readonly command: ShellCommand
  input: CommandInput | null
  /** Resolves when the shell executes it, or never will. */
  readonly started: Promise<void>
  readonly start: () => void
  readonly settle: (outcome: CommandOutcome) => void
}

/** Where a command's output goes and its input comes from. */
export interface CommandStreams {
  output: CommandOutput
  input: CommandInput | null
}

/** An interrupt that meets a child between fork and exec is lost, so one that comes early waits until that is over. */
const settleMs = 20

/** A report may still be on its way when the shell's end is known. */
const lastReportMs = 20

/** Well below what an input pipe lets wait. */
const sliceBytes = 1024 * 1024

export abstract class SessionShell {
  /** Resolves when the shell's process has ended; never rejects. */
  readonly ended: Promise<ShellEnd>
  protected readonly watch: ControlWatch
  protected current: Current | null = null
  private endMessage: string | null = null
  private hasExited = false
  private hasEnded = false
  private readonly unsent: Buffer[] = []

  protected constructor(
    protected readonly options: ShellOptions,
    private readonly child: Child,
    protected readonly control: InputPipe,
  ) {
    this.watch = new ControlWatch(child.pid)
    this.ended = child.exited.then(async (exit) => {
      this.hasExited = true
      const timer = new Promise((resolve) => setTimeout(resolve, lastReportMs))
      await Promise.race([this.reportsRead(), timer])
      return this.finish(exit)
    })
  }

  /** Resolves when every report of an ended shell was read. */
  protected abstract reportsRead(): Promise<void>
  /** Hand the command over. Rejects when its files cannot be made, and then nothing ran. */
  protected abstract handOver(current: Current, streams: CommandStreams): Promise<void>
  /** The outcome is known: remove what was made for the command. */
  protected abstract discard(current: Current): void
  /** The shell's process has ended: close what was open to it. */
  protected abstract closePipes(): void

  /** It leads a process group of the same number. */
  get pid(): number {
    return this.child.pid
  }

  /** The process as it was noted at its start. */
  get entry(): ProcessEntry | undefined {
    return this.child.entry
  }

  /** The parent of everything that the session orphans, where there is one. */
  get supervisor(): number | null {
    return this.child.supervisor
  }

  get isAlive(): boolean {
    return !this.hasExited
  }

  /**
   * Run a command; one at a time. Rejects when its files cannot be made (a full scratch folder), and then nothing ran.
   */
  async run(command: ShellCommand): Promise<RunningCommand> {
    if (this.current || this.hasEnded) throw new Error('the shell takes no command now')
    let settle: Current['settle'] = () => {}
    const settled = new Promise<CommandOutcome>((resolve) => {
      settle = resolve
    })
    const current: Current = { command, input: null, ...deferredStart(), settle }
    this.current = current
    let streams: CommandStreams | null = null
    try {
      streams = await this.openStreams(command)
      current.input = streams.input
      await this.handOver(current, streams)
    } catch (error) {
      if (this.current === current) this.current = null
      current.start()
      streams?.output.abandon()
      streams?.input?.destroy()
      throw error
    }
    const { input, output } = streams
    const outcome = settled.then(async (it) => {
      input?.destroy()
      await output.drained()
      this.discard(current)
      return it
    })
    return { input, outcome, output }
  }

  /** Resolves when the shell executes the latest command: before that an interrupt would hit nothing. */
  async started(): Promise<void> {
    await this.current?.started
  }

  /**
   * As Ctrl-C at a terminal: what the command runs in the foreground ends, and the shell gives up the rest of it.
   * @param mayTrap the shell may have a trap that decides what an interrupt does
   * @param others processes of the command that left the shell's group, as jobs do under `set -m`
   */
  abstract interrupt(mayTrap?: boolean, others?: readonly ProcessEntry[]): void

  /** Interrupt processes of the command, but not the shell, and in a way that the shell survives. */
  interruptMembers(members: readonly ProcessEntry[]): void {
    signalAll(members, 'SIGINT')
  }

  /**
   * Make the shell give up the command as soon as it does not wait for a child any more. Returns false where that shell
   * cannot do so, because another program took its place or because it is not bash.
   */
  abstract giveUp(): boolean

  /** Signal the shell's process alone. */
  signal(signal: NodeJS.Signals): void {
    if (this.isAlive) sendSignal([this.pid], signal)
  }

  /** End the shell itself. What it started is the caller's business. The first message counts. */
  end(signal: 'SIGTERM' | 'SIGKILL', message: string | null = null): void {
    if (!this.isAlive) return
    this.endMessage ??= message
    sendSignal([this.pid], signal)
  }

  /** A shell that has ended, or reads nothing, is noticed by its exit and by its watch. */
  protected send(lines: string): void {
    if (!this.control.isOpen) return
    const bytes = Buffer.from(lines)
    if (bytes.length <= sliceBytes && this.unsent.length === 0) this.control.write(bytes)
    else {
      for (let at = 0; at < bytes.length; at += sliceBytes) this.unsent.push(bytes.subarray(at, at + sliceBytes))
      this.sendMore()
    }
  }

  /** A long text goes as fast as the shell reads it: the pipe refuses what would wait in memory. */
  private sendMore(): void {
    for (let slice = this.unsent[0]; slice && this.control.isOpen; slice = this.unsent[0]) {
      try {
        this.control.write(slice)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        setTimeout(() => this.sendMore(), 5).unref()
        return
      }
      this.unsent.shift()
    }
  }

  /** The shell executes the command and has its stdin open. @param isLast it will not be opened again */
  protected noteStarted(current: Current, isLast = true): void {
    current.input?.opened(isLast)
    setTimeout(current.start, settleMs).unref()
  }

  /** The group of the shell without the shell itself. */
  protected groupMembers(): ProcessEntry[] {
    return [...new ProcessSnapshot().entries.values()].filter((it) => it.group === this.pid && it.pid !== this.pid)
  }

  protected settle(outcome: CommandOutcome): void {
    const { current } = this
    if (!current) return
    this.current = null
    this.watch.stop()
    current.start()
    current.settle(outcome)
  }

  private async openStreams({ stdin, onOutput, onStdinClosed }: ShellCommand): Promise<CommandStreams> {
    const { pipes } = this.options
    const output = await CommandOutput.open(pipes, onOutput)
    try {
      return { output, input: stdin === 'open' ? await CommandInput.open(pipes, onStdinClosed) : null }
    } catch (error) {
      output.abandon()
      throw error
    }
  }

  private finish(exit: ExecutionEnd): ShellEnd {
    const end = { exit, message: this.endMessage }
    this.hasEnded = true
    this.settle({ type: 'shell-ended', end })
    this.control.destroy()
    this.closePipes()
    return end
  }
}

function deferredStart(): Pick<Current, 'started' | 'start'> {
  let start = () => {}
  const started = new Promise<void>((resolve) => {
    start = resolve
  })
  return { started, start }
}
