/**
 * A session on a POSIX shell other than bash, where there is no bash: it sources each command from a file and reports
 * with builtins of its own. It is interactive, because only then an interrupt leaves it alive; what a user does to its
 * builtins and descriptors can disturb it, see `posix-lines.ts`.
 */
import { randomBytes } from 'node:crypto'
import type { ProcessEntry } from '../../linux/process-table'
import { signalAll } from '../../linux/process-tree'
import { sendSignal } from '../../linux/signals'
import { type Child, startChild } from '../process/child'
import type { InputPipe } from '../process/input-pipe'
import type { OutputPipe } from '../process/output-pipe'
import { commandMark } from './command-mark'
import { commandLines, parseReport, posixSetup, reportLine, statusDescriptor } from './posix-lines'
import { type CommandStreams, type Current, SessionShell, type ShellOptions } from './shell'

interface HandedOver {
  nonce: string
  script: string
}

export class PosixShell extends SessionShell {
  private lastStatus = 0
  private readonly handedOver = new WeakMap<Current, HandedOver>()

  private constructor(
    options: ShellOptions,
    child: Child,
    control: InputPipe,
    private readonly reports: OutputPipe,
  ) {
    super(options, child, control)
  }

  /** Rejects with a `SpawnError` where the shell cannot be started. */
  static async start(options: ShellOptions): Promise<PosixShell> {
    const { binary, cwd, env, pipes, starter } = options
    let take = (_bytes: Uint8Array) => {}
    const control = await pipes.input()
    const reports = await pipes.output((bytes) => take(bytes))
    try {
      const unused = Array.from({ length: statusDescriptor - 3 }, () => null)
      const streams = { stdin: control.stream, stdout: null, stderr: null, more: [...unused, reports.stream] }
      const child = await startChild(starter, { file: binary, args: ['-i'], cwd, env, ...streams })
      control.closeReadEnd()
      reports.closeWriteEnd()
      const shell = new PosixShell(options, child, control, reports)
      take = shell.reportReader()
      shell.send(posixSetup)
      return shell
    } catch (error) {
      control.destroy()
      reports.destroy()
      throw error
    }
  }

  interrupt(_mayTrap = false, others: readonly ProcessEntry[] = []): void {
    if (!this.isAlive) return
    sendSignal([-this.pid], 'SIGINT')
    signalAll(others, 'SIGINT')
    // The interrupt may have hit the line that reports; a second report of one status is ignored.
    const { current } = this
    const nonce = current && this.handedOver.get(current)?.nonce
    if (nonce) this.send(reportLine(nonce))
  }

  giveUp(): boolean {
    return false
  }

  protected reportsRead(): Promise<void> {
    return this.reports.ended
  }

  protected async handOver(current: Current, { output, input }: CommandStreams): Promise<void> {
    const { id, text } = current.command
    const nonce = randomBytes(8).toString('hex')
    const script = this.options.pipes.namedFile('command', text)
    this.handedOver.set(current, { nonce, script })
    const files = { script, stdin: input?.name ?? null, stdout: output.stdoutName, stderr: output.stderrName }
    this.send(commandLines({ mark: commandMark(id), nonce, files, lastStatus: this.lastStatus }))
    this.watch.start(
      () => this.send(reportLine(nonce)),
      () =>
        this.end(
          'SIGKILL',
          'The shell stopped answering, so the session was ended. Something in it hides its own builtins.',
        ),
    )
  }

  protected discard(current: Current): void {
    const script = this.handedOver.get(current)?.script
    if (script !== undefined) this.options.pipes.discardFile(script)
  }

  protected closePipes(): void {
    this.reports.destroy()
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
    const { current } = this
    if (!report || !current || report.nonce !== this.handedOver.get(current)?.nonce) return
    if (report.type === 'started') {
      this.noteStarted(current)
      return
    }
    this.lastStatus = report.status
    this.settle({ type: 'returned', status: report.status })
  }
}
