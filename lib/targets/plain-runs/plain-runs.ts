/**
 * Runs at targets that keep none. There a run is one call that answers when it is over, so the console waits for it and
 * keeps what came of it in its own data folder: the output comes at the end, both streams in one, and nothing stops it
 * but its limit. A console that ends while it waits does not know how the run ended, and says so.
 */
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import type { EngineEvent, RunDetail, RunPage, StartRunRequest } from '@/lib/process-api/extensions'
import { keptPlainRuns } from '@/lib/process-api/kept-plain-runs'
import { TargetError } from '@/lib/process-api/problem'
import { codeRunResponseSchema, executeResponseSchema } from '@/lib/process-api/process'
import { patientPost } from './patient-post'
import type { RunFiles } from './run-files'

const usualPage = 50
const titleLength = 200

interface RunPlace {
  target: string
  sandboxId: string
}

export class PlainRuns {
  /** By target and sandbox; newest first. */
  private readonly known = new Map<string, RunDetail[]>()
  private readonly underWay = new Map<string, Promise<void>>()
  /** Told of each change, as a target that pushes would tell it. */
  onEvent: (target: string, event: EngineEvent) => void = () => {}

  constructor(
    private readonly files: RunFiles,
    private readonly client: (target: string) => ProcessApiClient,
  ) {}

  /** Whether the console keeps runs of this sandbox. */
  has(place: RunPlace): boolean {
    return this.runsOf(place).length > 0
  }

  /** Newest first; `before` is the last id of the page before. */
  list(place: RunPlace, { limit = usualPage, before }: { limit?: number; before?: string }): RunPage {
    const runs = this.runsOf(place)
    const start = before === undefined ? 0 : runs.findIndex(({ id }) => id === before) + 1
    const page = runs.slice(start, start + limit)
    const more = start + limit < runs.length
    return {
      runs: page.map(({ command: _command, code: _code, argv: _argv, envs: _envs, cwd: _cwd, ...summary }) => summary),
      next: more ? (page.at(-1)?.id ?? null) : null,
    }
  }

  get(place: RunPlace, runId: string): RunDetail | null {
    return this.runsOf(place).find(({ id }) => id === runId) ?? null
  }

  /** What it printed: empty until it has ended. */
  output({ target, sandboxId }: RunPlace, runId: string): Buffer {
    return this.files.output(target, sandboxId, runId)
  }

  /** Resolves when the run has ended, at once where it has or is not known. */
  async ended(runId: string): Promise<void> {
    await this.underWay.get(runId)
  }

  /** Send it to the target and return its id without waiting. */
  start(place: RunPlace, request: StartRunRequest): string {
    const run = newRun(request)
    this.put(place, run)
    const work = this.carryOut(place, run, request).finally(() => this.underWay.delete(run.id))
    this.underWay.set(run.id, work)
    return run.id
  }

  /** False while it runs: nothing at the target could be told to stop. */
  remove(place: RunPlace, runId: string): boolean {
    if (this.underWay.has(runId)) return false
    const runs = this.runsOf(place)
    this.known.set(
      keyOf(place),
      runs.filter(({ id }) => id !== runId),
    )
    this.files.remove(place.target, place.sandboxId, runId)
    this.onEvent(place.target, { type: 'run-deleted', sandboxId: place.sandboxId, runId })
    return true
  }

  /** For a sandbox that was deleted. */
  forget(place: RunPlace): void {
    this.known.delete(keyOf(place))
    this.files.removeAll(place.target, place.sandboxId)
  }

  private async carryOut(place: RunPlace, run: RunDetail, request: StartRunRequest): Promise<void> {
    const begun = performance.now()
    let verdict: Partial<RunDetail>
    let output = ''
    try {
      const answer = await this.ask(place, request)
      output = answer.result
      verdict = {
        state: answer.exitCode === 0 ? 'succeeded' : 'failed',
        exitCode: answer.exitCode,
        reason: 'exited',
      }
    } catch (error) {
      verdict = verdictOf(error)
    }
    if (this.get(place, run.id) === null) return // its sandbox was deleted meanwhile
    const bytes = Buffer.byteLength(output)
    if (bytes > 0) this.files.saveOutput(place.target, place.sandboxId, run.id, output)
    this.put(place, {
      ...run,
      ...verdict,
      endedAt: new Date().toISOString(),
      durationMs: performance.now() - begun,
      output: { bytes, stdoutBytes: bytes, stderrBytes: 0, droppedBytes: 0 },
    })
  }

  private async ask({ target, sandboxId }: RunPlace, request: StartRunRequest) {
    const client = this.client(target)
    const base = `${await client.toolboxUrlOf(sandboxId)}/process`
    const { envs, timeout } = request
    if (request.kind === 'command') {
      const body = { command: request.command, cwd: request.cwd, envs, timeout }
      return read(executeResponseSchema, await patientPost(client.endpoint, `${base}/execute`, body))
    }
    const body = { language: request.language, code: request.code, argv: request.argv, envs, timeout }
    return read(codeRunResponseSchema, await patientPost(client.endpoint, `${base}/code-run`, body))
  }

  private runsOf(place: RunPlace): RunDetail[] {
    const key = keyOf(place)
    const known = this.known.get(key)
    if (known) return known
    const loaded = this.files
      .load(place.target, place.sandboxId)
      .map((run) => (run.state === 'running' ? { ...run, ...orphaned } : run))
      .sort((one, other) => (other.queuedAt ?? '').localeCompare(one.queuedAt ?? ''))
    this.known.set(key, loaded)
    return loaded
  }

  private put(place: RunPlace, run: RunDetail): void {
    const { target, sandboxId } = place
    const runs = [run, ...this.runsOf(place).filter(({ id }) => id !== run.id)].sort((one, other) =>
      (other.queuedAt ?? '').localeCompare(one.queuedAt ?? ''),
    )
    for (const { id } of runs.splice(keptPlainRuns)) this.files.remove(target, sandboxId, id)
    this.known.set(keyOf(place), runs)
    this.files.save(target, sandboxId, run)
    this.onEvent(target, { type: 'run', sandboxId, run })
  }
}

const orphaned = {
  state: 'lost',
  message: 'The console restarted while it waited for this run; the result is unknown.',
} as const satisfies Partial<RunDetail>

function keyOf({ target, sandboxId }: RunPlace): string {
  return `${target}/${sandboxId}`
}

function newRun(request: StartRunRequest): RunDetail {
  const now = new Date().toISOString()
  const text = request.kind === 'command' ? request.command : request.code
  return {
    id: randomUUID(),
    kind: request.kind,
    language: request.kind === 'code' ? request.language : null,
    title: (text.split('\n').find((line) => line.trim() !== '') ?? '').trim().slice(0, titleLength),
    origin: 'run',
    streams: 'merged',
    timeoutSeconds: request.timeout || null,
    state: 'running',
    exitCode: null,
    signal: null,
    reason: null,
    message: null,
    queuedAt: now,
    startedAt: now,
    endedAt: null,
    durationMs: null,
    output: { bytes: 0, stdoutBytes: 0, stderrBytes: 0, droppedBytes: 0 },
    survivors: [],
    stdinOpen: false,
    waitingForInput: false,
    verified: null,
    unverifiedReason: null,
    command: request.kind === 'command' ? request.command : null,
    code: request.kind === 'code' ? request.code : null,
    argv: request.kind === 'code' ? (request.argv ?? []) : [],
    envs: request.envs ?? {},
    cwd: (request.kind === 'command' && request.cwd) || '',
  }
}

/** What a failed call says of the run: ended by its limit, never started, or unknown. */
function verdictOf(error: unknown): Partial<RunDetail> {
  if (error instanceof ApiError && error.status === 408) return { state: 'timed-out', reason: 'timeout' }
  if (error instanceof ApiError && error.status < 500) {
    return { state: 'failed', reason: 'spawn-failed', message: `The target rejected this run: ${error.message}` }
  }
  if (error instanceof ApiError || error instanceof TargetError) {
    return { state: 'lost', message: `${error.message} The result of the run is unknown.` }
  }
  console.error('A run could not be carried out:', error)
  return { state: 'lost', message: 'Something went wrong in the console; the result of the run is unknown.' }
}

function read<Schema extends z.ZodType>(schema: Schema, answer: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new TargetError('TARGET_BAD_RESPONSE', 'The target sent a response that does not match the process API.')
}
