/** Starts runs and keeps track of those that still have processes. */
import path from 'node:path'
import { ApiError } from '@/lib/process-api/errors'
import type { LiveProcess, SignalName } from '@/lib/process-api/extensions'
import type { CodeLanguage } from '@/lib/process-api/process'
import { titleOf } from '@/lib/process-api/title'
import type { ProcessEntry, ProcessSnapshot } from '../../linux/process-table'
import { describeProcesses, membersOf, signalAll } from '../../linux/process-tree'
import { checkEnvs } from '../process/environment'
import type { Owned } from '../process/process-owners'
import type { ToolboxServices } from '../services/services'
import { clearProgramFiles } from './program-file'
import { RunProcess } from './run-process'
import type { RunRecord } from './run-record'
import type { RunStore } from './run-store'
import { SurvivorWatch } from './survivor-watch'

export interface RunRequestInput {
  /** Null for a shell command. */
  language: CodeLanguage | null
  /** The command or the code. */
  text: string
  argv: readonly string[]
  envs: Readonly<Record<string, string>>
  /** Relative to the working directory, which is the default. */
  cwd: string | null
  /** Seconds; 0 or null for no limit. */
  timeout: number | null
  origin: 'api' | 'run'
  streams: 'split' | 'merged'
  stdinOpen: boolean
}

export class Runner {
  /** Running runs, and ended ones that left processes behind. */
  private readonly processes = new Map<string, RunProcess>()
  private readonly survivors = new SurvivorWatch()

  constructor(
    private readonly services: ToolboxServices,
    private readonly store: RunStore,
  ) {
    clearProgramFiles(services.config)
    services.owners.add((snapshot) => this.owned(snapshot))
  }

  /** Start a run. Throws an `ApiError` if the request is invalid or cannot be recorded; later failures end the run. */
  start(input: RunRequestInput): RunProcess {
    if (this.services.shutdown.hasStarted) throw new ApiError('SERVICE_UNAVAILABLE', 'the sandbox is being stopped')
    checkEnvs({ ...input.envs })
    rejectNul(input.text, input.language === null ? 'the command' : null)
    for (const value of input.argv) rejectNul(value, 'an argument')
    rejectNul(input.cwd ?? '', 'the working directory')
    const request = {
      text: input.text,
      argv: [...input.argv],
      envs: { ...input.envs },
      cwd: path.resolve(this.services.config.workDir, input.cwd ?? ''),
    }
    const record = this.store.create(
      {
        kind: input.language === null ? 'command' : 'code',
        language: input.language,
        title: titleOf(input.text),
        origin: input.origin,
        streams: input.streams,
        timeoutSeconds: input.timeout === 0 ? null : input.timeout,
      },
      request,
      { stdinOpen: input.stdinOpen },
    )
    const run = new RunProcess(this.services, record, request, input.stdinOpen, this.store.chartsFile(record))
    this.processes.set(record.id, run)
    void this.follow(run)
    return run
  }

  /** End a run, or the processes that it left behind. */
  async stop(record: RunRecord): Promise<void> {
    const run = this.processes.get(record.id)
    if (!run) return
    await run.stop('stopped')
    await run.ended
    this.survivors.refresh(record)
  }

  /** Signal the run's process group, as a terminal would, or its survivors. */
  signal(record: RunRecord, signal: SignalName): void {
    const members = this.membersOf(record)
    const leader = members.find((entry) => entry.pid === entry.group)
    const group = leader ? members.filter((entry) => entry.group === leader.group) : members
    if (signalAll(group, signal) === 0) throw completed(record)
    record.recordSignal(signal)
  }

  /** Queue input for a run whose standard input is open. */
  async input(record: RunRecord, data: string, eof: boolean): Promise<void> {
    const run = this.processes.get(record.id)
    await run?.opened
    if (record.hasEnded) throw completed(record)
    const stdin = run?.stdin
    if (!stdin) throw new ApiError('CONFLICT', 'the standard input of this run is closed')
    if (data !== '') stdin.write(Buffer.from(data))
    if (eof) stdin.end()
  }

  /** The live processes of a run. */
  liveProcesses(record: RunRecord): LiveProcess[] {
    const members = this.membersOf(record)
    const described = describeProcesses(members)
    return members.map((entry, i) => ({
      pid: entry.pid,
      parentPid: entry.parentPid,
      command: described[i]?.command ?? entry.name,
      commandId: record.id,
      ageSeconds: described[i]?.ageSeconds ?? null,
    }))
  }

  /** Update the survivors of an ended run now. */
  refresh(record: RunRecord): void {
    if (record.hasEnded) this.survivors.refresh(record)
  }

  /** Update the survivors of all ended runs now. */
  refreshAll(): void {
    this.survivors.refreshAll()
  }

  /** End all runs and their survivors. */
  async shutdown(): Promise<void> {
    const runs = [...this.processes.values()]
    await Promise.all(runs.map((run) => run.stop('sandbox-stopped')))
    await Promise.all(runs.map((run) => run.ended))
  }

  private owned(snapshot: ProcessSnapshot): Owned[] {
    return [...this.processes].map(([runId, run]) => ({
      owner: { kind: 'run', runId },
      entries: membersOf(run.roots, snapshot),
    }))
  }

  private membersOf(record: RunRecord): ProcessEntry[] {
    const run = this.processes.get(record.id)
    return run ? membersOf(run.roots) : []
  }

  /** Follow a run until none of its processes is left. */
  private async follow(run: RunProcess): Promise<void> {
    const { record } = run
    await run.ended
    const gone = new Promise<void>((resolve) => this.survivors.add(record, run, resolve))
    await run.outputsEnded
    record.journal.seal()
    if (record.journal.size !== run.endSize) this.store.save(record)
    await gone
    run.release()
    this.processes.delete(record.id)
  }
}

function completed(record: RunRecord): ApiError {
  const how = record.exitCode === null ? '' : ` with exit code ${record.exitCode}`
  return new ApiError('COMMAND_ALREADY_COMPLETED', `the run has already completed${how}`)
}

/** The system ends an argument or a path at a NUL character. */
function rejectNul(value: string, what: string | null): void {
  if (what !== null && value.includes('\0')) throw new ApiError('BAD_REQUEST', `${what} contains a NUL character`)
}
