/** Finds the changes of a target without push by comparing its lists with those of the last poll. */
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import type { EngineEvent } from '@/lib/process-api/extensions'
import { listAllSandboxes } from '@/lib/process-api/list-sandboxes'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { type CommandDetail, type SessionDetail, sessionSummarySchema } from '@/lib/process-api/process'
import type { SandboxListItem } from '@/lib/process-api/sandbox'

export class ListComparer {
  private sandboxes: Map<string, SandboxListItem> | null = null
  private readonly sessions = new Map<string, Map<string, SessionDetail>>()

  /**
   * The changes since the last call; none in the first call.
   * @param shown sandboxes that a tab shows: only their sessions are read
   */
  async changes(client: ProcessApiClient, shown: ReadonlySet<string>, signal: AbortSignal): Promise<EngineEvent[]> {
    const events = await this.compareSandboxes(client, signal)
    for (const sandboxId of this.sessions.keys()) if (!shown.has(sandboxId)) this.sessions.delete(sandboxId)
    for (const sandboxId of shown) {
      if (this.sandboxes?.get(sandboxId)?.state === 'started') {
        events.push(...(await this.compareSessions(client, sandboxId, signal)))
      }
    }
    return events
  }

  private async compareSandboxes(client: ProcessApiClient, signal: AbortSignal): Promise<EngineEvent[]> {
    const before = this.sandboxes
    const now = new Map((await listAllSandboxes(client, signal)).map((item) => [item.id, item]))
    this.sandboxes = now
    if (before === null) return []
    const events: EngineEvent[] = []
    for (const item of now.values()) {
      if (isSame(before.get(item.id), item)) continue
      const sandbox = await unlessDeleted(client.call(sandboxOperations.getSandbox, { id: item.id }, { signal }))
      if (sandbox) events.push({ type: 'sandbox', sandbox })
    }
    for (const sandboxId of before.keys()) {
      if (!now.has(sandboxId)) events.push({ type: 'sandbox-deleted', sandboxId })
    }
    return events
  }

  private async compareSessions(
    client: ProcessApiClient,
    sandboxId: string,
    signal: AbortSignal,
  ): Promise<EngineEvent[]> {
    const found = await unlessDeleted(client.call(sessionOperations.listSessions, { sandboxId }, { signal }))
    const before = this.sessions.get(sandboxId)
    const now = new Map((found ?? []).map((session) => [session.sessionId, session]))
    this.sessions.set(sandboxId, now)
    return before ? sessionChanges(sandboxId, before, now) : []
  }
}

/** The changes between two readings of a sandbox's sessions. */
export function sessionChanges(
  sandboxId: string,
  before: ReadonlyMap<string, SessionDetail>,
  now: ReadonlyMap<string, SessionDetail>,
): EngineEvent[] {
  const events: EngineEvent[] = []
  for (const session of now.values()) {
    const { sessionId } = session
    const old = before.get(sessionId)
    const summary = sessionSummarySchema.parse(session)
    if (!old || !isSame(sessionSummarySchema.parse(old), summary))
      events.push({ type: 'session', sandboxId, session: summary })
    const oldCommands = new Map(old?.commands.map((command): [string, CommandDetail] => [command.id, command]))
    for (const command of session.commands) {
      if (!isSame(oldCommands.get(command.id), command)) events.push({ type: 'command', sandboxId, sessionId, command })
    }
  }
  for (const sessionId of before.keys()) {
    if (!now.has(sessionId)) events.push({ type: 'session-deleted', sandboxId, sessionId })
  }
  return events
}

/** Null for what was deleted while the lists were read. */
async function unlessDeleted<Found>(response: Promise<Found>): Promise<Found | null> {
  try {
    return await response
  } catch (error) {
    if (error instanceof ApiError && (error.code === 'NOT_FOUND' || error.code === 'CONFLICT')) return null
    throw error
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
