/**
 * The shell of a session: one long-lived process that sources one command after the other, so that its state (folder,
 * variables, functions, traps) stays. Commands arrive as short lines on its stdin; statuses come back on a descriptor
 * that no command inherits. Its own end is an outcome like any other.
 *
 * It is an interactive bash without a terminal. Interactive, because then an interrupt ends whatever the shell runs,
 * loops and functions too, and leaves the shell itself alive; because an unset variable under `set -u` fails the
 * command and not the session; and because `set -n` cannot make it deaf.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Duplex, Writable } from 'node:stream'
import { preferred } from '../limits/oom-preference'
import { explainSpawn, inFolder } from '../process/child'
import { forSpawn } from '../process/environment'
import type { FifoPool } from '../process/fifo-pool'
import { catchesSignal } from '../process/process-table'
import { writeScript } from '../run/script-file'
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
  /** For script files; it is made again when something in the sandbox deletes it. */
  scratchDir: string
}

/** How the shell itself ended. `message` says what a code alone does not. */
export interface ShellEnd {
  code: number | null
  signal: NodeJS.Signals | null
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
  private readonly child: ChildProcess
  private readonly control: Writable
  private readonly watch: ControlWatch | null
  private current: Current | null = null
  private lastStatus = 0
  private gaveUpLast = false
  private endMessage: string | null = null
  private hasEnded = false

  constructor(private readonly options: ShellOptions) {
    const { kind, binary, env } = options
    const status = statusDescriptor[kind]
    const stdio: Array<'pipe' | 'ignore'> = ['pipe', 'ignore', 'ignore']
    while (stdio.length < status) stdio.push('ignore')
    stdio.push('pipe')
    // Before the shell is started, so that a full scratch folder leaves none behind.
    const setup = writeSetup(options.scratchDir, kind)
    // Detached: a process group and a session of its own, which signals reach as a whole.
    this.child = inFolder(
      options.cwd,
      (cwd) => preferred(() => spawn(binary, flags[kind], { cwd, env: forSpawn(env), stdio, detached: true })),
      (descriptor) => descriptor === status,
    )
    this.control = this.child.stdin ?? noWritable()
    // A shell that is gone is told by its exit event.
    this.control.on('error', () => {})
    const reports = this.child.stdio[status] as Duplex | null | undefined
    this.readReports(reports)
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => resolve(this.finish(null, null, explainSpawn(error, binary))))
      this.child.once('exit', (code, signal) => {
        const done = () => resolve(this.finish(code, signal, this.endMessage))
        if (!reports || reports.destroyed) done()
        else {
          const timer = setTimeout(done, lastReportMs)
          reports.once('close', () => {
            clearTimeout(timer)
            done()
          })
        }
      })
    })
    this.watch = this.pid === null ? null : new ControlWatch(this.pid)
    this.control.write(setupLine(kind, setup))
  }

  /** Null when the shell could not be started. It leads a process group of the same number. */
  get pid(): number | null {
    return this.child.pid ?? null
  }

  get isAlive(): boolean {
    return !this.hasEnded && this.child.exitCode === null && this.child.signalCode === null
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
    this.control.write(commandLines(kind, { id: command.id, nonce, files, lastStatus, gaveUpLast }))
    this.gaveUpLast = false
    this.watch?.start(
      () => this.control.write(reportLine(kind, nonce)),
      () =>
        this.end(
          'SIGKILL',
          'The shell stopped answering, so the session was ended. Something in it hides its own builtins.',
        ),
    )
    const outcome = settled.then(async (it) => {
      input?.destroy()
      await output.drained()
      rmSync(script, { force: true })
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
    if (!this.isAlive || this.pid === null) return
    signalGroup(this.pid, 'SIGINT')
    // The interrupt may have hit the line that reports; a second report of one status is ignored.
    if (this.current) this.control.write(reportLine(this.options.kind, this.current.nonce))
  }

  /**
   * Make the shell give up the command as soon as it does not wait for a child any more. Returns false where that shell
   * cannot be told so, because another program took its place or because it is not bash.
   */
  giveUp(): boolean {
    if (!this.isAlive || this.pid === null || !catchesSignal(this.pid, giveUpSignal)) return false
    this.gaveUpLast = true
    // `ChildProcess.kill` knows no real-time signals.
    return process.kill(this.pid, giveUpSignal)
  }

  /** Signal the shell's process alone. */
  signal(signal: NodeJS.Signals): void {
    if (this.isAlive) this.child.kill(signal)
  }

  /** End the shell itself. What it started is the caller's business. The first message counts. */
  end(signal: 'SIGTERM' | 'SIGKILL', message: string | null = null): void {
    if (!this.isAlive) return
    this.endMessage ??= message
    this.child.kill(signal)
  }

  private async openFiles({ text, stdin, onOutput, onStdinClosed }: ShellCommand) {
    const { pipes, scratchDir } = this.options
    const output = await CommandOutput.open(pipes, onOutput)
    let input: CommandInput | null = null
    try {
      if (stdin === 'open') input = await CommandInput.open(pipes, onStdinClosed)
      return { script: writeScript(scratchDir, 'command', text), output, input }
    } catch (error) {
      output.abandon()
      input?.destroy()
      throw error
    }
  }

  private readReports(reports: Duplex | null | undefined): void {
    let pending = ''
    reports?.on('error', () => {})
    reports?.on('data', (chunk: Buffer) => {
      const lines = (pending + chunk.toString('latin1')).split('\n')
      pending = (lines.pop() ?? '').slice(-200)
      for (const line of lines) this.take(line)
    })
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

  private finish(code: number | null, signal: NodeJS.Signals | null, message: string | null): ShellEnd {
    const end = { code, signal, message }
    this.hasEnded = true
    this.settle({ type: 'shell-ended', end })
    this.control.destroy()
    for (const stream of this.child.stdio) stream?.destroy()
    return end
  }

  private settle(outcome: CommandOutcome): void {
    const current = this.current
    if (!current) return
    this.current = null
    this.watch?.stop()
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

function writeSetup(scratchDir: string, kind: ShellKind): string {
  const file = path.join(scratchDir, `setup-${kind}`)
  mkdirSync(scratchDir, { recursive: true, mode: 0o700 })
  writeFileSync(file, shellSetup[kind], { mode: 0o600 })
  return file
}

/** Send to a process group; one that is gone is no error. */
function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function noWritable(): never {
  throw new Error('the shell has no stdin')
}
