/** A session whose shell runs: commands strictly one after the other, with their input, signals and ends. */
import { randomUUID } from 'node:crypto'
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import type { EndReason, Execution } from '@/lib/process-api/execution'
import type { SignalName } from '@/lib/process-api/extensions'
import type { ExecutionEnd } from '../../linux/execution-end'
import { type FindMembers, killMembers } from '../../linux/kill-tree'
import type { WatchedProcess } from '../../linux/limit-watch'
import type { ProcessSnapshot } from '../../linux/process-table'
import { signalAll } from '../../linux/process-tree'
import { watchExecution } from '../process/input-wait/watch-execution'
import type { ToolboxServices } from '../services/services'
import { endOfCommand, type Intervention } from './command-end'
import type { CommandInput } from './command-input'
import { interruptCommand, maySetTrap } from './interrupting'
import type { Activity, Session } from './session'
import { SessionProcesses } from './session-processes'
import { type CommandDetails, type CommandRecord, type NewCommand, withListedCommand } from './session-record'
import type { SessionShell, ShellEnd } from './shell'
import { stopCommand } from './stopping'
import type { SurvivorScanner } from './survivor-scanner'
import { WaitingInput } from './waiting-input'

interface Running extends Intervention {
  record: CommandRecord
  input: CommandInput | null
  ended: Promise<void>
}

export class LiveSession implements Activity {
  readonly processes: SessionProcesses
  private readonly queue: CommandRecord[] = []
  private readonly waitingInput = new Map<string, WaitingInput>()
  private running: Running | null = null
  private isClosing = false
  private mayTrap = false

  constructor(
    private readonly session: Session,
    private readonly shell: SessionShell,
    private readonly survivors: SurvivorScanner,
    private readonly watched: WatchedProcess,
    private readonly services: Pick<ToolboxServices, 'sentSignals' | 'inputWatches'>,
  ) {
    this.processes = new SessionProcesses(session.key, shell.entry, shell.supervisor)
    session.activity = this
    void shell.ended.then((end) => this.shellEnded(end))
  }

  get isBusy(): boolean {
    return this.running !== null || this.queue.length > 0
  }

  get queued(): number {
    return this.queue.length
  }

  /** Start a command, or queue it. Throws an `ApiError` where it cannot be recorded. */
  exec(command: NewCommand): CommandRecord {
    if (!this.shell.isAlive || this.isClosing) throw sessionEnded()
    const details: CommandDetails = withListedCommand(command)
    const attachment = details.commandTruncated ? command.command : undefined
    const id = randomUUID()
    const { commands } = this.session
    if (this.isBusy) {
      const record = commands.create(id, details, undefined, attachment)
      if (details.stdin === 'open') {
        this.waitingInput.set(id, new WaitingInput())
        record.setStdinOpen(true)
      }
      this.queue.push(record)
      this.session.watch(record)
      return record
    }
    const record = commands.create(id, details, { stdinOpen: details.stdin === 'open' }, attachment)
    this.start(record)
    this.session.watch(record)
    return record
  }

  /** Queue input for a command that runs or will run. */
  input(record: CommandRecord, data: Buffer, eof: boolean): void {
    const stdin = this.running?.record === record ? this.running.input : null
    const waiting = this.waitingInput.get(record.id)
    if (stdin?.isOpen) {
      stdin.write(data)
      this.echo(record, data)
      if (eof) stdin.end()
    } else if (waiting && !waiting.isEnded) {
      waiting.add(data, eof)
      if (eof) record.setStdinOpen(false)
    } else {
      throw new ApiError('GONE', 'the standard input of this command is closed')
    }
  }

  signal(record: CommandRecord, signal: SignalName): void {
    const { running } = this
    if (running?.record !== record) throw notStarted()
    running.signalled = signal
    record.recordSignal(signal)
    if (signal === 'SIGINT') {
      const isOver = () => this.running !== running
      const { shell, processes, mayTrap } = this
      void interruptCommand({ id: record.id, shell, processes, mayTrap, isOver })
    } else if (signalAll(this.processes.membersOf(record.id), signal) === 0 || signal === 'SIGCONT') {
      // Nothing but the shell itself is busy with this command.
      this.shell.signal(signal)
    }
  }

  /** End a command and all that it started. The session lives on where its shell yields. */
  async stop(record: CommandRecord): Promise<void> {
    const at = this.queue.indexOf(record)
    if (at >= 0) {
      this.queue.splice(at, 1)
      this.waitingInput.delete(record.id)
      record.end({ ...noCode, reason: 'stopped', message: 'It was stopped while it was queued; it never started.' })
      return
    }
    const members: FindMembers = (snapshot, known) => this.processes.membersOf(record.id, snapshot, known)
    const { running } = this
    if (running?.record === record) {
      running.stopped = true
      await stopCommand(this.shell, members, running.ended)
      await running.ended
    }
    await killMembers(members)
    this.survivors.scanNow(this.session, this.processes)
  }

  /**
   * End the shell and all processes of the session; what runs or waits ends for this reason.
   * @param keep processes that live on, with all that descends from them
   */
  async close(
    reason: Extract<EndReason, 'session-deleted' | 'sandbox-stopped'>,
    keep: ReadonlySet<number>,
  ): Promise<void> {
    this.isClosing = true
    const end: ExecutionEnd = { ...noCode, reason }
    for (const record of this.queue.splice(0)) record.end({ ...end, message: 'It never started.' })
    this.running?.record.end(end)
    this.shell.end('SIGKILL')
    const supervisor = keep.size === 0 ? this.processes.supervisor : null
    await killMembers(allBut(keep, this.processes), reason === 'sandbox-stopped' ? undefined : 0, supervisor)
    await this.shell.ended
    const message = 'The sandbox was stopped, and the shell of this session with it.'
    this.session.end({ ...noCode, message })
  }

  private start(record: CommandRecord): void {
    const running: Running = { record, input: null, stopped: false, signalled: null, ended: Promise.resolve() }
    if (record.details.stdin === 'open' && !this.waitingInput.has(record.id)) {
      this.waitingInput.set(record.id, new WaitingInput())
    }
    this.running = running
    running.ended = this.carryOut(running).then(() => {
      if (this.running === running) this.running = null
      this.startNext()
    })
  }

  private async carryOut(running: Running): Promise<void> {
    const { record } = running
    const { details, journal } = record
    this.processes.started(record.id)
    try {
      const text = this.session.textOf(record)
      if (text === null) throw new Error('its text could not be read back from disk')
      this.mayTrap ||= maySetTrap(text)
      const command = await this.shell.run({
        id: record.id,
        text,
        stdin: details.stdin,
        onOutput: (stream, bytes) => journal.append(stream, bytes),
        onStdinClosed: () => record.setStdinOpen(false),
      })
      running.input = command.input
      this.deliverWaiting(record, command.input)
      if (command.input?.isOpen) this.watchInput(record, command.input)
      const outcome = await command.outcome
      const children = this.processes.ended(record.id)
      const sizeAtEnd = journal.size
      record.end(this.services.sentSignals.attribute(record, endOfCommand(outcome, running)))
      void command.output.closed.then(() => {
        journal.seal()
        if (journal.size !== sizeAtEnd) this.session.commands.save(record)
      })
      this.survivors.scanSoon(this.session, this.processes, children > 0 || !command.output.isClosed)
    } catch (error) {
      log.error({ err: error }, `command ${record.id} could not be started`)
      record.end({ ...noCode, reason: 'spawn-failed', message: 'The toolbox could not hand this over to the shell.' })
      journal.seal()
    }
    this.waitingInput.delete(record.id)
  }

  private watchInput(record: CommandRecord, { channel }: CommandInput): void {
    const members = (snapshot: ProcessSnapshot) => this.processes.readersOf(record.id, snapshot)
    watchExecution(this.services.inputWatches, record, channel, members)
  }

  private startNext(): void {
    const next = this.shell.isAlive ? this.queue.shift() : undefined
    if (!next) {
      this.session.announce()
      return
    }
    next.start({ stdinOpen: next.details.stdin === 'open' && !this.waitingInput.get(next.id)?.isEnded })
    this.start(next)
  }

  private deliverWaiting(record: CommandRecord, input: CommandInput | null): void {
    const waiting = this.waitingInput.get(record.id)
    this.waitingInput.delete(record.id)
    if (!input) return
    const write = (data: Buffer) => {
      input.write(data)
      this.echo(record, data)
    }
    waiting?.deliver(write, () => input.end())
  }

  /** What the command makes of the input is read later than this, so the echo comes first. */
  private echo(record: CommandRecord, data: Buffer): void {
    if (!record.details.suppressInputEcho) record.journal.append('stdout', data)
  }

  /** One sentence on the end of the shell. A command that it ended with knows the same reason. */
  private explainEnd(end: ShellEnd, command: Pick<Execution, 'reason' | 'message'> | undefined): string {
    const { exitCode, signal, reason } = this.watched.explain(end.exit)
    const isMemory = reason === 'memory' || command?.reason === 'memory'
    if (isMemory) return 'The shell of this session was ended by the memory limit of the sandbox.'
    return `The shell of this session ${signal === null ? `exited with code ${exitCode}` : `was ended by ${signal}`}.`
  }

  private async shellEnded(end: ShellEnd): Promise<void> {
    const { running } = this
    await running?.ended
    const ended = running?.record.snapshot()
    for (const record of this.queue.splice(0)) {
      record.end({
        ...noCode,
        reason: 'session-ended',
        message: 'The session ended while this was queued; it never started.',
      })
    }
    this.waitingInput.clear()
    // `close` says why itself.
    if (this.isClosing) return
    const { exitCode, signal } = end.exit
    this.session.end({ exitCode, signal, message: end.message ?? this.explainEnd(end, ended) })
  }
}

const noCode = { exitCode: null, signal: null } as const

/** Everything of a session except what stays alive and its descendants. */
function allBut(keep: ReadonlySet<number>, processes: SessionProcesses): FindMembers {
  // Grows with each search: a later one may lack the process between one that stays and its grandchild.
  const staying = new Set(keep)
  return (snapshot, known = new Set()) => {
    const members = processes.members(snapshot, new Map([...known].map((pid) => [pid, null])))
    // Parents come before their children.
    for (const { entry } of members) if (staying.has(entry.parentPid)) staying.add(entry.pid)
    return members.map((member) => member.entry).filter((entry) => !staying.has(entry.pid))
  }
}

export function sessionEnded(): ApiError {
  return new ApiError(
    'SESSION_ENDED',
    'failed to execute command: bad request: failed to write command: the session has ended',
  )
}

function notStarted(): ApiError {
  return new ApiError('CONFLICT', 'the command has not started yet')
}
