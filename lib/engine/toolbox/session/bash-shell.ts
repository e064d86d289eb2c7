/**
 * A session on bash: `bash --noprofile --norc` that reads from a pipe, as anybody can start it, and is not interactive.
 * Its commands are passed in frames that they cannot see (`bash-frame.ts`), after a check of what bash will read
 * (`bash-reader.ts`). What the shell writes outside of any command, from a trap for example, belongs to the command
 * that runs or to the next one.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync, readlinkSync } from 'node:fs'
import type { JournalStream } from '@/lib/process-api/extensions'
import { catchesSignal, type ProcessEntry, readProc } from '../../linux/process-table'
import { signalAll } from '../../linux/process-tree'
import { sendSignal } from '../../linux/signals'
import { type Child, startChild } from '../process/child'
import type { InputPipe } from '../process/input-pipe'
import type { OutputPipe } from '../process/output-pipe'
import {
  childInterruptSignal,
  countOf,
  errexitLine,
  frameOf,
  giveUpSignal,
  interruptSignal,
  parseReport,
  probeOf,
  type Report,
  type ShellOptionNames,
  type Status,
  shellSetup,
} from './bash-frame'
import { BashReader, type NextText } from './bash-reader'
import { commandMark } from './command-mark'
import { isBlockedInBuiltin } from './control-watch'
import { ageMsOf, youngMs } from './process-age'
import { type CommandStreams, type Current, SessionShell, type ShellOptions } from './shell'

/** A frame that was sent, and what the shell has reported about it. */
interface SentFrame {
  readonly current: Current
  readonly output: CommandStreams['output']
  readonly nonce: string
  readonly isLast: boolean
  /** Another bash may take the place of this one. */
  readonly mayReplace: boolean
  /** The status, once the text ran to its end. */
  ended: Status | null
  /** Its loop was left. */
  left: Status | null
  isProbed: boolean
  /** The shell has switched `set -e` off to give up the command. */
  isErrexitOff: boolean
  readonly done: (status: Status) => void
}

interface Reports {
  name: string
  pipe: OutputPipe
}

/** A builtin that waits for input continues after a signal, so its input ends after this time. */
const blockedReadMs = 50
const maxBlockedReadChecks = 40

/** So much of what the shell writes between two commands is passed on with the next one. */
const maxPendingBytes = 64 * 1024

/**
 * bash in the place of bash, reading the same commands. No part can match the same text in two ways, since a command may
 * be a megabyte of anything.
 */
const replacesShell =
  /^[^\S\n]*exec\s+(-[cl]\s+|-a\s+\S+\s+)*("?\$\{?(SHELL|BASH)\}?"?|[\w./-]*\bbash)(\s+-(?!c\b)[\w-]+)*\s*(;\s*)?$/m

const silentMessage =
  'The shell reads commands but runs none, so the session was ended: `set -n` is set, redirections are refused ' +
  '(`set -r`, too few descriptors), or a command left something open that the next ones would belong to.'

const success: Status = { exit: 0, pipe: [0] }
const interrupted: Status = { exit: 130, pipe: [130] }
const syntaxError: Status = { exit: 2, pipe: [2] }

export class BashShell extends SessionShell {
  private readonly reader: BashReader
  private status = success
  private shellOptions: ShellOptionNames = { names: new Set() }
  /** Lines of commands that the shell was given so far. */
  private lines = 0
  private frame: SentFrame | null = null
  /** The current command must not continue. */
  private isGivenUp = false
  /** The current command is handed over in several parts. */
  private hasParts = false
  /** A trap may be pending in the shell. */
  private wasSignalled = false
  /** `set -e` is being switched on again, and what traces and traps print meanwhile belongs to no command. */
  private isRestoring = false
  /** What the interrupt met: a child, and one that was surely hit. Its status counts where it handled the interrupt. */
  private met: 'nothing' | 'young-child' | 'child' = 'nothing'
  private pending: Array<{ stream: JournalStream; bytes: Buffer }> = []
  private pendingBytes = 0
  private partOfLine = ''
  /** What the shell was sent for the current frame. */
  private sentText = ''
  /** What was sent before it, so that the shell counts lines. */
  private countingText = ''
  /** How many of its lines the shell has repeated, and the beginning of the next one. */
  private repeatedLines = 0
  private partOfRepeated = ''

  private constructor(
    options: ShellOptions,
    child: Child,
    control: InputPipe,
    private readonly own: Readonly<Record<JournalStream, OutputPipe>>,
    private reports: Reports,
  ) {
    super(options, child, control)
    this.reader = new BashReader(options)
  }

  /** Rejects with a `SpawnError` where the shell cannot be started. */
  static async start(options: ShellOptions): Promise<BashShell> {
    const { binary, cwd, env, pipes, starter } = options
    let take: (stream: JournalStream | 'reports', bytes: Uint8Array) => void = () => {}
    const opened: Array<{ destroy(): void }> = []
    const open = <Opened extends { destroy(): void }>(pipe: Opened): Opened => {
      opened.push(pipe)
      return pipe
    }
    try {
      const control = open(await pipes.input())
      const stdout = open(await pipes.output((bytes) => take('stdout', bytes)))
      const stderr = open(await pipes.output((bytes) => take('stderr', bytes)))
      const reports = await pipes.namedOutput((bytes) => take('reports', bytes))
      open({ destroy: () => discardReports(options, reports) })
      const streams = { stdin: control.stream, stdout: stdout.stream, stderr: stderr.stream }
      const args = ['--noprofile', '--norc']
      const child = await startChild(starter, { file: binary, args, cwd, env, ...streams })
      control.closeReadEnd()
      stdout.closeWriteEnd()
      stderr.closeWriteEnd()
      const shell = new BashShell(options, child, control, { stdout, stderr }, reports)
      take = (stream, bytes) => (stream === 'reports' ? shell.takeReports(bytes) : shell.takeOwn(stream, bytes))
      shell.send(shellSetup(reports.name))
      return shell
    } catch (error) {
      for (const pipe of opened) pipe.destroy()
      throw error
    }
  }

  interrupt(mayTrap = false, others: readonly ProcessEntry[] = []): void {
    const { current } = this
    if (!this.isAlive || !current) return
    if (this.frame === null) this.isGivenUp = true
    // Looked at before the shell starts something to find out about its traps.
    const members = this.groupMembers()
    this.met = this.childAmong([...members, ...others])
    const signal = this.met === 'nothing' ? interruptSignal : childInterruptSignal
    if (catchesSignal(this.pid, signal)) {
      this.wasSignalled = true
      sendSignal([this.pid], signal)
      if (!mayTrap) this.endBlockedRead(current)
    } else {
      // Another program took the shell's place, or the user gave these signals a meaning of their own.
      sendSignal([this.pid], 'SIGINT')
    }
    this.interruptMembers([...members, ...others])
  }

  override interruptMembers(members: readonly ProcessEntry[]): void {
    const hit = this.inOrderOfInterrupt(members)
    const fatal = this.fatalMembers(hit)
    const isFatal = (entry: ProcessEntry) => fatal.has(entry.pid)
    signalAll(hit.filter(isFatal), 'SIGTERM')
    signalAll(
      hit.filter((entry) => !isFatal(entry)),
      'SIGINT',
    )
  }

  giveUp(): boolean {
    const { current } = this
    if (!this.isAlive || !catchesSignal(this.pid, giveUpSignal)) return false
    this.isGivenUp = true
    this.met = 'nothing'
    if (!current || this.frame === null) return true
    this.wasSignalled = true
    this.endBlockedRead(current)
    return sendSignal([this.pid], giveUpSignal)[0] ?? false
  }

  protected reportsRead(): Promise<void> {
    this.reports.pipe.closeWriteEnd()
    return this.reports.pipe.ended
  }

  protected async handOver(current: Current, streams: CommandStreams): Promise<void> {
    await this.renewReports()
    this.isGivenUp = false
    for (const { stream, bytes } of this.pending.splice(0)) current.command.onOutput(stream, bytes)
    this.pendingBytes = 0
    const plain = this.reader.plain(current.command.text, this.shellOptions)
    const handing = plain ? this.handPart(current, streams, plain) : this.handParts(current, streams)
    handing.catch((error: unknown) => {
      console.error(`command ${current.command.id} could not be handed over:`, error)
      this.end('SIGKILL', 'The command could not be read by bash, so the session was ended.')
    })
  }

  protected discard(): void {}

  protected closePipes(): void {
    discardReports(this.options, this.reports)
    for (const pipe of Object.values(this.own)) pipe.destroy()
  }

  /** A text of one part, or all parts that are left. */
  private async handParts(current: Current, streams: CommandStreams): Promise<void> {
    const addToStderr = (text: string) => {
      streams.output.readNow()
      current.command.onOutput('stderr', Buffer.from(text))
    }
    for (let rest: string | null = current.command.text; rest !== null; ) {
      const next: NextText = await this.reader.next(rest, this.lines, this.shellOptions)
      if (this.current !== current) return
      if (this.isGivenUp) {
        this.status = interrupted
        break
      }
      if (next.type === 'refused') {
        addToStderr(next.message)
        this.status = syntaxError
        this.countUnsent(next.lines)
        break
      }
      if (next.notice !== '') addToStderr(next.notice)
      await this.runPart(current, streams, next)
      rest = next.rest
      if (this.isGivenUp) break
    }
    this.settle({ type: 'returned', status: this.status.exit })
  }

  private async handPart(current: Current, streams: CommandStreams, part: NextText): Promise<void> {
    if (part.type === 'run') await this.runPart(current, streams, part)
    if (this.current === current) this.settle({ type: 'returned', status: this.status.exit })
  }

  /** Resolves when the shell has left the frame; never where the shell ends in it. */
  private async runPart(
    current: Current,
    { input, output }: CommandStreams,
    { text, lines, rest }: Extract<NextText, { type: 'run' }>,
  ): Promise<void> {
    const mayReplace = replacesShell.test(text)
    const isEmpty = /^(?:[ \t]*(?:#.*)?(?:\n|$))*$/.test(text)
    const nonce = randomBytes(6).toString('base64url')
    if (this.shellOptions.names.has('verbose')) {
      output.readNow()
      current.command.onOutput('stderr', Buffer.from(`${text}\n`))
    }
    // Blanks and comments have no status, and a group of commands may not consist of them.
    if (isEmpty) {
      this.countUnsent(lines)
      return
    }
    if (rest !== null || this.hasParts) input?.opening()
    this.hasParts = rest !== null
    const status = await new Promise<Status>((done) => {
      this.frame = {
        current,
        output,
        nonce,
        isLast: rest === null,
        mayReplace,
        ended: null,
        left: null,
        isProbed: false,
        isErrexitOff: false,
        done,
      }
      const { name: reports } = this.reports
      const files = mayReplace
        ? null
        : { stdin: input ? input.name : '/dev/null', stdout: output.stdoutName, stderr: output.stderrName }
      const mark = commandMark(current.command.id)
      const frame = { nonce, mark, text, files, reports, before: this.status, lines }
      this.sentText = this.countingText
      this.countingText = ''
      this.repeatedLines = 0
      this.send(frameOf(frame) + (mayReplace ? probeOf(reports, nonce) : ''))
      this.watch.start(
        () => this.send(probeOf(reports, nonce)),
        () => this.end('SIGKILL', silentMessage),
      )
    })
    this.watch.stop()
    this.frame = null
    this.wasSignalled = false
    this.status = status
  }

  /** The pipe for reports has a name, which something in the sandbox may have removed where nothing isolates it. */
  private async renewReports(): Promise<void> {
    if (this.options.pipes.hasNamed(this.reports.name)) return
    const old = this.reports
    this.reports = await this.options.pipes.namedOutput((bytes) => this.takeReports(bytes))
    discardReports(this.options, old)
  }

  private takeReports(bytes: Uint8Array): void {
    const lines = (this.partOfLine + Buffer.from(bytes).toString('latin1')).split('\n')
    this.partOfLine = (lines.pop() ?? '').slice(-16_384)
    for (const line of lines) {
      const { frame } = this
      const report = frame && parseReport(line, frame.nonce)
      if (frame && report) this.take(frame, report)
    }
  }

  private take(frame: SentFrame, report: Report): void {
    if (report.type === 'started') {
      this.noteStarted(frame.current, frame.isLast)
      return
    }
    // What the shell printed before the report belongs to this command.
    for (const pipe of Object.values(this.own)) pipe.readNow()
    this.shellOptions = report.options
    frame.isErrexitOff ||= report.isErrexitOff
    if (report.type === 'ended') {
      frame.ended = report.status
      if (report.line !== null) this.lines = report.line
      // Nothing else can happen in this frame, so the command need not wait for its last line.
      if (this.isOrdinary(frame)) this.finishFrame(frame)
      return
    }
    if (report.type === 'left') {
      frame.left = report.status
      // The line of this report is not counted.
      if (report.line !== null) this.lines = report.line - 1
    } else frame.isProbed = true
    this.leave(frame)
  }

  /** No signal was sent, and the shell neither may be replaced nor repeats what it reads. */
  private isOrdinary(frame: SentFrame): boolean {
    const isVerbose = this.shellOptions.names.has('verbose')
    return frame.isLast && !frame.mayReplace && !frame.isErrexitOff && !this.wasSignalled && !isVerbose
  }

  /** The shell is at the end of the frame. */
  private leave(frame: SentFrame): void {
    if (!frame.isProbed && (this.wasSignalled || frame.mayReplace)) {
      // A signal that came late is still pending: the shell handles it before it reports.
      if (!frame.mayReplace) this.send(probeOf(this.reports.name, frame.nonce))
    } else if (frame.isErrexitOff) {
      frame.isErrexitOff = false
      this.isRestoring = true
      this.send(errexitLine(this.reports.name, frame.nonce))
    } else {
      this.finishFrame(frame)
    }
  }

  private finishFrame(frame: SentFrame): void {
    // A loop that was left early was given up, unless the user's own `break` did it.
    if (this.wasSignalled && frame.ended === null) this.isGivenUp = true
    if (frame.mayReplace && frame.ended === null && !this.wasSignalled) this.begin()
    this.isRestoring = false
    frame.done(frame.ended ?? (this.isGivenUp ? this.statusOfInterrupted(frame.left) : (frame.left ?? success)))
  }

  private statusOfInterrupted(left: Status | null): Status {
    if (left === null || left.exit >= 128 || this.met === 'nothing') return interrupted
    return left.exit === 0 && this.met === 'young-child' ? interrupted : left
  }

  /**
   * The end of a pipeline first: its status counts, and it could end in order once its writer has ended. A subshell
   * before what it started, or it would start the next.
   */
  private inOrderOfInterrupt(members: readonly ProcessEntry[]): ProcessEntry[] {
    const byPid = new Map(members.map((it) => [it.pid, it]))
    const childOfShell = (entry: ProcessEntry): number => {
      const parent = byPid.get(entry.parentPid)
      return parent && parent !== entry ? childOfShell(parent) : entry.pid
    }
    const branches = new Map(members.map((it) => [it.pid, childOfShell(it)]))
    const branch = ({ pid }: ProcessEntry) => branches.get(pid) ?? pid
    return [...members].sort((one, other) => branch(other) - branch(one) || one.pid - other.pid)
  }

  private childAmong(members: readonly ProcessEntry[]): 'nothing' | 'young-child' | 'child' {
    const children = members.filter((it) => it.parentPid === this.pid)
    if (children.length === 0) return 'nothing'
    return children.some((it) => ageMsOf(it) >= youngMs) ? 'child' : 'young-child'
  }

  /** Another bash has taken the place of this one. */
  private begin(): void {
    this.lines = 0
    this.shellOptions = { names: new Set() }
    this.send(shellSetup(this.reports.name))
  }

  protected override send(lines: string): void {
    this.sentText += lines
    super.send(lines)
  }

  /** Count lines that the shell is not sent. */
  private countUnsent(lines: number): void {
    this.lines += lines
    const text = countOf(this.reports.name, lines)
    this.countingText += text
    this.send(text)
  }

  private takeOwn(stream: JournalStream, bytes: Uint8Array): void {
    if (this.isRestoring) return
    const own = stream === 'stderr' ? this.withoutRepeatedLines(bytes) : Buffer.from(bytes)
    if (own.length === 0) return
    const { current } = this
    // What the command printed before comes first.
    this.frame?.output.readNow()
    if (current) current.command.onOutput(stream, own)
    else if (this.pendingBytes + own.length <= maxPendingBytes) {
      this.pending.push({ stream, bytes: own })
      this.pendingBytes += own.length
    }
  }

  /** Under `set -v` the shell repeats what it reads, frames included; the text of the command was passed on before. */
  private withoutRepeatedLines(bytes: Uint8Array): Buffer {
    const lines = (this.partOfRepeated + Buffer.from(bytes).toString('latin1')).split('\n')
    const tail = lines.pop() ?? ''
    this.partOfRepeated = ''
    const sent = Buffer.from(this.sentText).toString('latin1').split('\n')
    const isRepeated = (line: string) => {
      const index = sent.indexOf(line, this.repeatedLines)
      if (index >= 0) this.repeatedLines = index + 1
      return index >= 0
    }
    let passed = lines
      .filter((line) => !isRepeated(line))
      .map((line) => `${line}\n`)
      .join('')
    if (tail !== '' && sent.some((line, index) => index >= this.repeatedLines && line.startsWith(tail))) {
      this.partOfRepeated = tail
    } else passed += tail
    return Buffer.from(passed, 'latin1')
  }

  /**
   * A builtin such as `read` restarts after the trap, so that only the end of its input ends it. On a busy machine the
   * trap takes longer. Where a child was interrupted, a later `read` may belong to what the command does next.
   */
  private endBlockedRead(current: Current, attempts = this.met === 'nothing' ? maxBlockedReadChecks : 1): void {
    setTimeout(() => {
      if (this.current !== current) return
      if (isBlockedInBuiltin(this.pid)) current.input?.end()
      else if (attempts > 1) this.endBlockedRead(current, attempts - 1)
    }, blockedReadMs).unref()
  }

  /**
   * Processes that must not die of SIGINT, because bash would end itself by it: command substitutions of the shell (it
   * holds the other end of their stdout) with what they started, and, under `set -m`, jobs with a group of their own.
   */
  private fatalMembers(members: readonly ProcessEntry[]): Set<number> {
    const fatal = new Set<number>()
    const childrenOf = (parent: number) => members.filter((it) => it.parentPid === parent && !fatal.has(it.pid))
    const add = (pid: number) => {
      fatal.add(pid)
      if (isForkOf(pid, this.pid)) for (const child of childrenOf(pid)) add(child.pid)
    }
    const children = childrenOf(this.pid)
    const held = new Set(children.length === 0 ? [] : openPipes(this.pid))
    for (const { pid, group } of children) {
      if (group !== this.pid) fatal.add(pid)
      else if (held.has(linkOf(`/proc/${pid}/fd/1`) ?? '')) add(pid)
    }
    return fatal
  }
}

/** A fork that has not become another program has the arguments of its parent. */
function isForkOf(pid: number, parent: number): boolean {
  const own = readProc(`/proc/${parent}/cmdline`)
  return own !== undefined && readProc(`/proc/${pid}/cmdline`, 'latin1', own.length + 1) === own
}

function discardReports({ pipes }: ShellOptions, { name, pipe }: Reports): void {
  pipe.destroy()
  pipes.discard(name)
}

function openPipes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
      const link = linkOf(`/proc/${pid}/fd/${name}`)
      return link?.startsWith('pipe:') ? [link] : []
    })
  } catch {
    return []
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
