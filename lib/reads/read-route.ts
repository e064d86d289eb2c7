/** The base of every GET route under `/api/targets/{target}`: requires a session, validates ids, returns problems. */
import { log } from '@/lib/log/log'
import 'server-only'
import type { NextRequest } from 'next/server'
import { z } from 'zod'
import type { OperationName } from '@/lib/access/operations'
import { guarded } from '@/lib/audit/guarded'
import { requireCaller } from '@/lib/auth/current-session'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import { historyIdSchema } from '@/lib/process-api/history-schemas'
import { commandIdSchema, contextIdSchema, runIdSchema, sandboxIdSchema, sessionIdSchema } from '@/lib/process-api/ids'
import { problemStatus, TargetError, toProblem } from '@/lib/process-api/problem'
import { targets } from '@/lib/targets/registry'

const params = {
  target: z.string().max(64),
  sandboxId: sandboxIdSchema,
  sessionId: sessionIdSchema,
  commandId: commandIdSchema,
  runId: runIdSchema,
  recordingId: z.uuid(),
  contextId: contextIdSchema,
  entryId: historyIdSchema,
  port: z.string().regex(/^[1-9]\d{0,4}$/, 'a port is a number from 1 to 65535'),
}
type ParamName = keyof typeof params

interface ReadContext<Name extends ParamName> {
  target: string
  client: ProcessApiClient
  ids: Record<Name, string>
  query: URLSearchParams
  headers: Headers
  /** Aborted when the client disconnects. */
  signal: AbortSignal
}

/**
 * A route handler for callers who may do the operation.
 * @param names the ids in the route's path, each validated before use
 * @param read returns the JSON body, or a complete response
 */
export function readRoute<Name extends ParamName>(
  operation: OperationName,
  names: readonly Name[],
  read: (reading: ReadContext<Name>) => Promise<unknown>,
) {
  return async (request: NextRequest, context: { params: Promise<Record<string, string>> }): Promise<Response> => {
    try {
      const caller = await requireCaller()
      const segments = await context.params
      const target = parse(params.target, segments.target, 'target')
      const ids = idsOf(names, segments)
      const query = request.nextUrl.searchParams
      const sandboxId = 'sandboxId' in ids ? String(ids.sandboxId) : ''
      const input = { ...subjectOfQuery(query), ...ids }
      const result = await guarded(caller, { operation, target, sandboxId, input }, () =>
        read({
          target,
          client: targets().client(target),
          ids,
          query,
          headers: request.headers,
          signal: request.signal,
        }),
      )
      return result instanceof Response ? result : Response.json(result, { headers: noStoreHeaders })
    } catch (error) {
      return problemResponse(error)
    }
  }
}

/** Validates a query or an id. Throws ApiError BAD_REQUEST with the reason. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, name = 'query'): z.infer<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = [name, ...(issue?.path ?? [])].join('.')
  throw new ApiError('BAD_REQUEST', `The ${field} in this address is not valid: ${issue?.message ?? 'unknown'}.`)
}

/** What identifies the read thing in a query. Positions and filters would make every read a new one. */
function subjectOfQuery(query: URLSearchParams): Record<string, string> {
  const names = ['path', 'kind', 'sessionId', 'commandId', 'runId', 'contextId', 'recordingId']
  return Object.fromEntries(names.flatMap((name) => (query.has(name) ? [[name, query.get(name) ?? '']] : [])))
}

const noStoreHeaders = { 'cache-control': 'private, no-store' }

function problemResponse(error: unknown): Response {
  // The client has disconnected, so nobody receives this response.
  if (error instanceof Error && error.name === 'AbortError') return new Response(null, { status: 499 })
  if (!(error instanceof ApiError || error instanceof TargetError)) log.error({ err: error }, 'A read failed')
  const problem = toProblem(error)
  return Response.json({ error: problem }, { status: problemStatus(problem.code), headers: noStoreHeaders })
}

function idsOf<Name extends ParamName>(names: readonly Name[], segments: Record<string, string>) {
  return Object.fromEntries(
    names.map((name) => [name, parse(params[name], segments[name], name)]),
  ) as unknown as Record<Name, string>
}
