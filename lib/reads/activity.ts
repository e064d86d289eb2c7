/** Reads what happened last in sandboxes, for the list of all sandboxes. */
import 'server-only'
import { stripVTControlCharacters } from 'node:util'
import { type LastExecution, maxActivityIds, type SandboxActivity } from '@/lib/process-api/activity'
import type { CallOptions, ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import { journalOf } from '@/lib/process-api/operations/journal'
import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { TargetError } from '@/lib/process-api/problem'
import type { SessionDetail } from '@/lib/process-api/process'
import { listRuns } from '@/lib/target-data/runs'
import { hasJournals } from '@/lib/targets/capability-cache'
import { plainRuns } from '@/lib/targets/plain-runs/shared'

interface SandboxRead {
  target: string
  client: ProcessApiClient
  sandboxId: string
}

/** Sandboxes that are read at the same time: a list can show many. */
const maxConcurrent = 6
/** Several tabs that show the same list share one read. */
const maxAgeMs = 3_000
const maxEntries = 1_000
/** Enough for a last line of usual length. */
const tailBytes = 2_048
const maxLineLength = 200

const cache = new Map<string, { at: number; activity: Promise<SandboxActivity> }>()

export async function readActivities(
  { target, client }: Omit<SandboxRead, 'sandboxId'>,
  sandboxIds: readonly string[],
): Promise<Record<string, SandboxActivity>> {
  const pending = [...new Set(sandboxIds)].slice(0, maxActivityIds)
  const found: Record<string, SandboxActivity> = {}
  const work = async () => {
    for (let id = pending.shift(); id !== undefined; id = pending.shift()) {
      found[id] = await cachedActivity({ target, client, sandboxId: id })
    }
  }
  await Promise.all(Array.from({ length: maxConcurrent }, work))
  return found
}

function cachedActivity(read: SandboxRead): Promise<SandboxActivity> {
  const key = `${read.target}/${read.client.endpoint.apiUrl}/${read.sandboxId}`
  const known = cache.get(key)
  if (known && Date.now() - known.at < maxAgeMs) return known.activity
  const activity = readActivity(read)
  cache.delete(key)
  cache.set(key, { at: Date.now(), activity })
  for (const oldest of cache.keys()) {
    if (cache.size <= maxEntries) break
    cache.delete(oldest)
  }
  return activity
}

/** What cannot be read is null: a sandbox may be deleted or stopped meanwhile. */
async function readActivity(read: SandboxRead): Promise<SandboxActivity> {
  const options = { signal: AbortSignal.timeout(8_000) }
  const [sessions, run] = await Promise.all([
    unlessRefused(read.client.call(sessionOperations.listSessions, { sandboxId: read.sandboxId }, options)),
    unlessRefused(lastRun(read, options)),
  ])
  const own = sessions?.filter((session) => !session.system) ?? null
  const last = latest([run, ...(own ?? []).map(lastCommand)])
  return {
    sessions: own && { total: own.length, running: own.filter((session) => session.state === 'running').length },
    last: last && { ...last, line: await unlessRefused(lastLine(read, last.ref, options)) },
  }
}

type Last = Omit<LastExecution, 'line'>

function lastCommand({ sessionId, commands }: SessionDetail): Last | null {
  const command = commands.findLast((it) => it.startedAt !== null || it.state !== 'queued')
  if (!command) return null
  const { id, state, exitCode = null, signal, reason, startedAt } = command
  return { ref: { kind: 'command', sessionId, commandId: id }, state, exitCode, signal, reason, startedAt }
}

async function lastRun(read: SandboxRead, options: { signal: AbortSignal }): Promise<Last | null> {
  const run = (await listRuns(read, { limit: 1 }, options)).runs[0]
  if (!run) return null
  const { id, state, exitCode, signal, reason, startedAt } = run
  return { ref: { kind: 'run', runId: id }, state, exitCode, signal, reason, startedAt }
}

/** The one that started last. Where a target keeps no times, a run counts as older than a command. */
function latest(found: readonly (Last | null)[]): Last | null {
  return found.reduce((a, b) => ((b?.startedAt ?? '') >= (a?.startedAt ?? '') && b !== null ? b : a), null)
}

async function lastLine(read: SandboxRead, ref: Last['ref'], options: CallOptions): Promise<string | null> {
  const { target, client, sandboxId } = read
  if (await hasJournals(target, client, sandboxId)) {
    const call = { sandboxId, ...ref, query: { tail: tailBytes } }
    const window = await client.call(journalOf(ref).read, call, options)
    return lastLineOf(Buffer.concat(window.chunks.map((chunk) => Buffer.from(chunk.data, 'base64'))))
  }
  // The log of a command has no offsets, and can be too long to be read for one line.
  if (ref.kind === 'command') return null
  return lastLineOf(Buffer.from(plainRuns().output({ target, sandboxId }, ref.runId).subarray(-tailBytes)))
}

/** The last line that is not blank, without colours, and without what a carriage return has overwritten. */
export function lastLineOf(output: Buffer): string | null {
  const lines = stripVTControlCharacters(output.toString('utf8')).split('\n')
  const shown = lines.map((line) => line.split('\r').findLast((part) => part.trim() !== '') ?? '')
  const last = shown.findLast((line) => line.trim() !== '')
  return last === undefined ? null : last.trim().slice(0, maxLineLength)
}

async function unlessRefused<Result>(call: Promise<Result>): Promise<Result | null> {
  try {
    return await call
  } catch (error) {
    const isExpected =
      error instanceof ApiError ||
      error instanceof TargetError ||
      (error instanceof Error && error.name === 'TimeoutError')
    if (isExpected) return null
    throw error
  }
}
