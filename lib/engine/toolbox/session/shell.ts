/**
 * The shell of a session: one long-lived process that sources one command after the other, so that its state (folder,
 * variables, functions, traps) stays. Commands arrive as short lines on its stdin; statuses come back on a descriptor
 * that no command inherits. Its own end is an outcome like any other.
 *
 * It is an interactive bash without a terminal. Interactive, because then an interrupt ends whatever the shell runs,
 * loops and functions too, and leaves the shell itself alive; because an unset variable under `set -u` fails the
 * command and not the session; and because `set -n` cannot make it deaf.
 */
import { randomBytes } from 'node:crypto'
import type { ExecutionEnd } from '../../linux/execution-end'
import { catchesSignal, type ProcessEntry } from '../../linux/process-table'
import { sendSignal } from '../../linux/signals'
import { type Child, startChild } from '../process/child'
import type { FifoPool } from '../process/fifo-pool'
import type { InputPipe } from '../process/input-pipe'
import type { OutputPipe } from '../process/output-pipe'
import type { Starter } from '../process/starter'
import { CommandInput } from './command-input'
import { CommandOutput, type OutputListener } from './command-output'
import { ControlWatch } from './control-watch'
import {
  commandLines,
  giveUpSignal,
  parseReport,
  reportLine,
  type ShellKind,
  setupLine,
  shellSetup,
  statusDescriptor,
} from './shell-lines'

export interface ShellOptions {
  binary: string
  kind: ShellKind
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

interface Current {
  nonce: string
  input: CommandInput | null
  /** Resolves when the shell executes it, or never will. */
  begun: Promise<void>
  begin: () => void
  settle(outcome: CommandOutcome): void
}

const flags: Record<ShellKind, string[]> = { bash: ['--noprofile', '--norc', '--noediting', '-i'], sh: ['-i'] }

/** An interrupt that meets a child between fork and exec is lost, so one that comes early waits until that is over. */
const settleMs = 20

/** A report may still be on its way when the shell's end is known, unless a survivor holds the descriptor. */
const lastReportMs = 20

export class SessionShell {
  /** Resolves when the shell's process has ended; never rejects. */
  readonly ended: Promise<ShellEnd>
  private readonly watch: ControlWatch
  private current: Current | null = null
  private lastStatus = 0
  private gaveUpLast = false
  private endMessage: string | null = null
  private hasExited = false
  private hasEnded = false

  private constructor(
    private readonly options: ShellOptions,
    private readonly child: Child,
    private readonly control: InputPipe,
    private readonly reports: OutputPipe,
  ) {
    this.ended = child.exited.then(async (exit) => {
      this.hasExited = true
      const timer = new Promise((resolve) => setTimeout(resolve, lastReportMs))
      await Promise.race([reports.ended, timer])
      return this.finish(exit)
    })
    this.watch = new ControlWatch(child.pid)
  }

  /** Rejects with a `SpawnError` where the shell cannot be started. */
  static async start(options: ShellOptions): Promise<SessionShell> {
    const { kind, binary, cwd, env, pipes, starter } = options
    let take = (_bytes: Uint8Array) => {}
    // Before the shell is started, so that a full scratch folder leaves none behind.
    const setup = pipes.namedFile(`setup-${kind}`, shellSetup[kind])
    const control = await pipes.input()
    const reports = await pipes.output((bytes) => take(bytes))
    try {
      const unused = Array.from({ length: statusDescriptor[kind] - 3 }, () => null)
      const streams = { stdin: control.stream, stdout: null, stderr: null, more: [...unused, reports.stream] }
      const child = await startChild(starter, { file: binary, args: flags[kind], cwd, env, ...streams })
      control.closeReadEnd()
      reports.closeWriteEnd()
      const shell = new SessionShell(options, child, control, reports)
      take = shell.reportReader()
      shell.send(setupLine(kind, setup))
      void shell.ended.then(() => pipes.discardFile(setup))
      return shell
    } catch (error) {
      control.destroy()
      reports.destroy()
      pipes.discardFile(setup)
      throw error
    }
  }

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
    const { kind } = this.options
    const nonce = randomBytes(8).toString('hex')
    const current: Current = { nonce, input: null, ...beginning(), settle: () => {} }
    this.current = current
    const settled = new Promise<CommandOutcome>((settle) => {
      current.settle = settle
    })
    const { script, output, input } = await this.openFiles(command).catch((error: unknown) => {
      if (this.current === current) this.current = null
      current.begin()
      throw error
    })
    current.input = input
    const files = { script, stdin: input?.name ?? null, stdout: output.stdoutName, stderr: output.stderrName }
    const { lastStatus, gaveUpLast } = this
    this.send(commandLines(kind, { id: command.id, nonce, files, lastStatus, gaveUpLast }))
    this.gaveUpLast = false
    this.watch.start(
      () => this.send(reportLine(kind, nonce)),
      () =>
        this.end(
          'SIGKILL',
          'The shell stopped answering, so the session was ended. Something in it hides its own builtins.',
        ),
    )
    const outcome = settled.then(async (it) => {
      input?.destroy()
      await output.drained()
      this.options.pipes.discardFile(script)
      return it
    })
    return { input, outcome, output }
  }

  /** Resolves when the shell executes the command that it was given last: before that an interrupt would hit nothing. */
  async begun(): Promise<void> {
    await this.current?.begun
  }

  /** As Ctrl-C at a terminal: the foreground of the command ends, and the shell gives up the rest of it. */
  interrupt(): void {
    if (!this.isAlive) return
    sendSignal([-this.pid], 'SIGINT')
    // The interrupt may have hit the line that reports; a second report of one status is ignored.
    if (this.current) this.send(reportLine(this.options.kind, this.current.nonce))
  }

  /**
   * Make the shell give up the command as soon as it does not wait for a child any more. Returns false where that shell
   * cannot be told so, because another program took its place or because it is not bash.
   */
  giveUp(): boolean {
    if (!this.isAlive || !catchesSignal(this.pid, giveUpSignal)) return false
    this.gaveUpLast = true
    return sendSignal([this.pid], giveUpSignal)[0] ?? false
  }

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

  private async openFiles({ text, stdin, onOutput, onStdinClosed }: ShellCommand) {
    const { pipes } = this.options
    const output = await CommandOutput.open(pipes, onOutput)
    let input: CommandInput | null = null
    try {
      if (stdin === 'open') input = await CommandInput.open(pipes, onStdinClosed)
      return { script: pipes.namedFile('command', text), output, input }
    } catch (error) {
      output.abandon()
      input?.destroy()
      throw error
    }
  }

  /** A shell that is gone, or reads nothing, is noticed by its exit and by its watch. */
  private send(lines: string): void {
    if (this.control.isOpen) this.control.write(Buffer.from(lines))
  }

  private reportReader(): (bytes: Uint8Array) => void {
    let pending = ''
    return (bytes) => {
      const lines = (pending + Buffer.from(bytes).toString('latin1')).split('\n')
      pending = (lines.pop() ?? '').slice(-200)
      for (const line of lines) this.take(line)
    }
  }

  private take(line: string): void {
    const report = parseReport(line)
    const current = this.current
    if (!report || !current || report.nonce !== current.nonce) return
    if (report.type === 'begun') {
      current.input?.opened()
      setTimeout(current.begin, settleMs).unref()
      return
    }
    this.lastStatus = report.status
    this.settle({ type: 'returned', status: report.status })
  }

  private finish(exit: ExecutionEnd): ShellEnd {
    const end = { exit, message: this.endMessage }
    this.hasEnded = true
    this.settle({ type: 'shell-ended', end })
    this.control.destroy()
    this.reports.destroy()
    return end
  }

  private settle(outcome: CommandOutcome): void {
    const current = this.current
    if (!current) return
    this.current = null
    this.watch.stop()
    current.begin()
    current.settle(outcome)
  }
}

function beginning(): Pick<Current, 'begun' | 'begin'> {
  let begin = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  return { begun, begin }
}
