/**
 * Runs on targets that do not record runs. There a run is one call that responds when it has finished, so the console
 * waits for it and stores the result in its own data directory. The output arrives at the end with both streams merged,
 * and only the timeout can stop the run. If the console stops while it waits, the result is unknown.
 */
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { log } from '@/lib/log/log'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import type { EngineEvent, RunDetail, RunPage, StartRunRequest } from '@/lib/process-api/extensions'
import { keptPlainRuns } from '@/lib/process-api/kept-plain-runs'
import { startedExecution } from '@/lib/process-api/plain-shapes'
import { TargetError } from '@/lib/process-api/problem'
import { codeRunResponseSchema, executeResponseSchema } from '@/lib/process-api/process'
import { titleOf } from '@/lib/process-api/title'
import { postWithoutTimeout } from './post-without-timeout'
import type { RunFiles } from './run-files'

const defaultPageSize = 50

interface SandboxRef {
  target: string
  sandboxId: string
}

export class PlainRuns {
  /** By target and sandbox; newest first. */
  private readonly known = new Map<string, RunDetail[]>()
  private readonly pending = new Map<string, Promise<void>>()
  /** Called for each change, like the events of a target with push. */
  onEvent: (target: string, event: EngineEvent) => void = () => {}

  constructor(
    private readonly files: RunFiles,
    private readonly client: (target: string) => ProcessApiClient,
  ) {}

  /** Whether the console has stored runs of this sandbox. */
  has(sandbox: SandboxRef): boolean {
    return this.runsOf(sandbox).length > 0
  }

  /** Newest first; `before` is the last id of the previous page. */
  list(sandbox: SandboxRef, { limit = defaultPageSize, before }: { limit?: number; before?: string }): RunPage {
    const runs = this.runsOf(sandbox)
    const start = before === undefined ? 0 : runs.findIndex(({ id }) => id === before) + 1
    const page = runs.slice(start, start + limit)
    const more = start + limit < runs.length
    return {
      runs: page.map(({ command: _command, code: _code, argv: _argv, envs: _envs, cwd: _cwd, ...summary }) => summary),
      next: more ? (page.at(-1)?.id ?? null) : null,
    }
  }

  get(sandbox: SandboxRef, runId: string): RunDetail | null {
    return this.runsOf(sandbox).find(({ id }) => id === runId) ?? null
  }

  /** The output, which is empty until the run has finished. */
  output({ target, sandboxId }: SandboxRef, runId: string): Buffer {
    return this.files.output(target, sandboxId, runId)
  }

  /** Resolves when the run has finished; at once if it already has or is unknown. */
  async ended(runId: string): Promise<void> {
    await this.pending.get(runId)
  }

  /** Sends the run to the target and returns its id without waiting. */
  start(sandbox: SandboxRef, request: StartRunRequest): string {
    const run = newRun(request)
    this.put(sandbox, run)
    const work = this.execute(sandbox, run, request).finally(() => this.pending.delete(run.id))
    this.pending.set(run.id, work)
    return run.id
  }

  /** Removes a finished run. False while it is running, because the target cannot stop it. */
  remove(sandbox: SandboxRef, runId: string): boolean {
    if (this.pending.has(runId)) return false
    const runs = this.runsOf(sandbox)
    this.known.set(
      keyOf(sandbox),
      runs.filter(({ id }) => id !== runId),
    )
    this.files.remove(sandbox.target, sandbox.sandboxId, runId)
    this.onEvent(sandbox.target, { type: 'run-deleted', sandboxId: sandbox.sandboxId, runId })
    return true
  }

  /** Removes everything of a deleted sandbox. */
  forget(sandbox: SandboxRef): void {
    this.known.delete(keyOf(sandbox))
    this.files.removeAll(sandbox.target, sandbox.sandboxId)
  }

  private async execute(sandbox: SandboxRef, run: RunDetail, request: StartRunRequest): Promise<void> {
    const startedAt = performance.now()
    let end: Partial<RunDetail>
    let output = ''
    try {
      const response = await this.callTarget(sandbox, request)
      output = response.result
      end = {
        state: response.exitCode === 0 ? 'succeeded' : 'failed',
        exitCode: response.exitCode,
        reason: 'exited',
      }
    } catch (error) {
      end = endAfterError(error)
    }
    if (this.get(sandbox, run.id) === null) return // the sandbox was deleted in the meantime
    const bytes = Buffer.byteLength(output)
    if (bytes > 0) this.files.saveOutput(sandbox.target, sandbox.sandboxId, run.id, output)
    this.put(sandbox, {
      ...run,
      ...end,
      endedAt: new Date().toISOString(),
      durationMs: performance.now() - startedAt,
      output: { bytes, stdoutBytes: bytes, stderrBytes: 0, droppedBytes: 0 },
    })
  }

  private async callTarget({ target, sandboxId }: SandboxRef, request: StartRunRequest) {
    const client = this.client(target)
    const base = `${await client.toolboxUrlOf(sandboxId)}/process`
    const { envs, timeout } = request
    if (request.kind === 'command') {
      const body = { command: request.command, cwd: request.cwd, envs, timeout }
      return read(executeResponseSchema, await postWithoutTimeout(client.endpoint, `${base}/execute`, body))
    }
    const body = { language: request.language, code: request.code, argv: request.argv, envs, timeout }
    return read(codeRunResponseSchema, await postWithoutTimeout(client.endpoint, `${base}/code-run`, body))
  }

  private runsOf(sandbox: SandboxRef): RunDetail[] {
    const key = keyOf(sandbox)
    const known = this.known.get(key)
    if (known) return known
    const loaded = this.files
      .load(sandbox.target, sandbox.sandboxId)
      .map((run) => (run.state === 'running' ? { ...run, ...orphaned } : run))
      .sort((one, other) => (other.queuedAt ?? '').localeCompare(one.queuedAt ?? ''))
    this.known.set(key, loaded)
    return loaded
  }

  private put(sandbox: SandboxRef, run: RunDetail): void {
    const { target, sandboxId } = sandbox
    const runs = [run, ...this.runsOf(sandbox).filter(({ id }) => id !== run.id)].sort((one, other) =>
      (other.queuedAt ?? '').localeCompare(one.queuedAt ?? ''),
    )
    for (const { id } of runs.splice(keptPlainRuns)) this.files.remove(target, sandboxId, id)
    this.known.set(keyOf(sandbox), runs)
    this.files.save(target, sandboxId, run)
    this.onEvent(target, { type: 'run', sandboxId, run })
  }
}

const orphaned = {
  state: 'lost',
  message: 'The console restarted while it waited for this run; the result is unknown.',
} as const satisfies Partial<RunDetail>

function keyOf({ target, sandboxId }: SandboxRef): string {
  return `${target}/${sandboxId}`
}

function newRun(request: StartRunRequest): RunDetail {
  const text = request.kind === 'command' ? request.command : request.code
  return {
    id: randomUUID(),
    kind: request.kind,
    language: request.kind === 'code' ? request.language : null,
    title: titleOf(text),
    origin: 'run',
    streams: 'merged',
    timeoutSeconds: request.timeout || null,
    ...startedExecution(),
    command: request.kind === 'command' ? request.command : null,
    code: request.kind === 'code' ? request.code : null,
    argv: request.kind === 'code' ? (request.argv ?? []) : [],
    envs: request.envs ?? {},
    cwd: (request.kind === 'command' && request.cwd) || '',
  }
}

/** The end of a run after a failed call: timed out, never started, or unknown. */
function endAfterError(error: unknown): Partial<RunDetail> {
  if (error instanceof ApiError && error.status === 408) return { state: 'timed-out', reason: 'timeout' }
  if (error instanceof ApiError && error.status < 500) {
    return { state: 'failed', reason: 'spawn-failed', message: `The target rejected this run: ${error.message}` }
  }
  if (error instanceof ApiError || error instanceof TargetError) {
    return { state: 'lost', message: `${error.message} The result of the run is unknown.` }
  }
  log.error({ err: error }, 'A run failed')
  return { state: 'lost', message: 'Something went wrong in the console; the result of the run is unknown.' }
}

function read<Schema extends z.ZodType>(schema: Schema, response: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(response)
  if (parsed.success) return parsed.data
  throw new TargetError('TARGET_BAD_RESPONSE', 'The target sent a response that does not match the process API.')
}
