/** Compares the history of a target with what the target lists, and yields the differences. */
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import { hasEnded } from '@/lib/process-api/has-ended'
import type { HistoryKey } from '@/lib/process-api/history'
import type { InterpreterRunPage } from '@/lib/process-api/interpreter'
import { listAllSandboxes } from '@/lib/process-api/list-sandboxes'
import { interpreterOperations } from '@/lib/process-api/operations/interpreter'
import { runOperations } from '@/lib/process-api/operations/runs'
import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { TargetError } from '@/lib/process-api/problem'
import { type ExecutionRecord, type HistoryChange, keyText } from '@/lib/store/history/history-store'
import { capabilitiesOf } from '@/lib/targets/capability-cache'
import { plainRuns } from '@/lib/targets/plain-runs/shared'
import { recordOfCell, recordOfCommand, recordOfRun } from './record-of'

const pageLimit = 200
const maxPages = 50
/** The context that exists without having been created is not listed. */
const defaultContext = { id: 'default', language: 'python' }

/** What the history has of a target. */
export interface KnownExecutions {
  presentSandboxes(target: string): Promise<string[]>
  known(target: string, sandboxId: string): Promise<Map<string, { key: HistoryKey; complete: boolean }>>
}

/** @throws ApiError or TargetError if the sandboxes cannot be listed, StoreError if the history cannot be read */
export async function* reconcile(
  target: string,
  client: ProcessApiClient,
  history: KnownExecutions,
  signal: AbortSignal,
): AsyncGenerator<HistoryChange> {
  const before = await history.presentSandboxes(target)
  const listed = await listAllSandboxes(client, signal)
  const present = new Set(listed.map((sandbox) => sandbox.id))
  for (const { id, name, labels } of listed) yield { type: 'sandbox', target, sandboxId: id, name, labels }
  for (const sandboxId of before) {
    if (!present.has(sandboxId)) yield { type: 'sandbox-deleted', target, sandboxId, at: Date.now() }
  }
  for (const { id: sandboxId } of listed) {
    signal.throwIfAborted()
    yield* reconcileSandbox({ target, sandboxId, client, signal }, history)
  }
}

interface SandboxRead {
  target: string
  sandboxId: string
  client: ProcessApiClient
  signal: AbortSignal
}

async function* reconcileSandbox(read: SandboxRead, history: KnownExecutions): AsyncGenerator<HistoryChange> {
  const known = await history.known(read.target, read.sandboxId)
  const isComplete = (record: ExecutionRecord) => known.get(keyText(record))?.complete === true
  const listed = new Set<string>()
  /** The kinds that could be read as a whole: what they lack was deleted. */
  const kinds = new Set<string>()
  const sources = [
    ['command', commandsOf(read)],
    ['run', runsOf(read, isComplete)],
    ['cell', cellsOf(read, isComplete)],
  ] as const
  for (const [kind, records] of sources) {
    const found = await unlessRefused(records)
    if (found === null) continue
    if (!found.includes(null)) kinds.add(kind)
    for (const record of found) {
      if (record === null) continue
      listed.add(keyText(record))
      if (!isComplete(record)) yield { type: 'execution', record }
    }
  }
  for (const [text, { key }] of known) {
    if (kinds.has(key.kind) && !listed.has(text)) yield { type: 'removed', key, at: Date.now() }
  }
}

/** Null for a sandbox that is stopped on a deployment that then lists nothing, or that was deleted meanwhile. */
async function unlessRefused(records: Records): Promise<(ExecutionRecord | null)[] | null> {
  const found: (ExecutionRecord | null)[] = []
  try {
    for await (const record of records) found.push(record)
  } catch (error) {
    if (error instanceof ApiError || error instanceof TargetError) return null
    throw error
  }
  return found
}

type Records = AsyncGenerator<ExecutionRecord | null>

async function* commandsOf({ target, sandboxId, client, signal }: SandboxRead): Records {
  const sessions = await client.call(sessionOperations.listSessions, { sandboxId }, { signal })
  for (const { sessionId, commands } of sessions) {
    for (const command of commands) yield recordOfCommand({ target, sandboxId }, sessionId, command)
  }
}

/** Runs, newest first, until a page has only known ones; null where older ones were not read. */
async function* runsOf({ target, sandboxId, client, signal }: SandboxRead, isComplete: IsComplete): Records {
  const sandbox = { target, sandboxId }
  const capabilities = await capabilitiesOf(target, client, sandboxId).catch(() => undefined)
  if (capabilities !== undefined && capabilities?.extensions.runs === undefined) {
    for (const run of plainRuns().list(sandbox, { limit: pageLimit }).runs) yield recordOfRun(sandbox, run)
    return
  }
  let before: string | null = null
  for (let page = 0; page < maxPages; page += 1) {
    const query: { limit: number; before?: string } = { limit: pageLimit, ...(before === null ? {} : { before }) }
    const { runs, next }: { runs: Parameters<typeof recordOfRun>[1][]; next: string | null } = await client.call(
      runOperations.listRuns,
      { sandboxId, query },
      { signal },
    )
    const records = runs.map((run) => recordOfRun(sandbox, run))
    yield* records
    before = next
    if (before === null) return
    if (records.every(isComplete)) break
  }
  yield null
}

type IsComplete = (record: ExecutionRecord) => boolean

async function* cellsOf({ target, sandboxId, client, signal }: SandboxRead, isComplete: IsComplete): Records {
  const capabilities = await capabilitiesOf(target, client, sandboxId).catch(() => undefined)
  if (capabilities === undefined) {
    yield null
    return
  }
  if (capabilities?.extensions.interpreter === undefined) return
  const { contexts } = await client.call(interpreterOperations.listContexts, { sandboxId }, { signal })
  for (const { id, language } of [defaultContext, ...contexts.filter((it) => it.id !== defaultContext.id)]) {
    let before: string | null = null
    for (let page = 0; page < maxPages; page += 1) {
      const query: { limit: number; before?: string } = { limit: pageLimit, ...(before === null ? {} : { before }) }
      const found: InterpreterRunPage | null = await client
        .call(interpreterOperations.listContextRuns, { sandboxId, id, query }, { signal })
        .catch((error: unknown) => {
          if (error instanceof ApiError && error.status === 404) return null
          throw error
        })
      if (found === null) break
      const records = found.runs.map((run) => recordOfCell({ target, sandboxId }, run, language))
      yield* records
      before = found.next
      if (before === null) break
      if (records.every((record) => hasEnded(record.state) && isComplete(record))) {
        yield null
        break
      }
    }
  }
}
