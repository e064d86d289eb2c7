/** How every GET route under `/api/targets/{target}` is made: signed in, ids checked, failures as problems. */
import 'server-only'
import type { NextRequest } from 'next/server'
import { z } from 'zod'
import { requireSession } from '@/lib/auth/current-session'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import { commandIdSchema, runIdSchema, sandboxIdSchema, sessionIdSchema } from '@/lib/process-api/ids'
import { problemStatus, TargetError, toProblem } from '@/lib/process-api/problem'
import { targets } from '@/lib/targets/registry'

const params = {
  target: z.string().max(64),
  sandboxId: sandboxIdSchema,
  sessionId: sessionIdSchema,
  commandId: commandIdSchema,
  runId: runIdSchema,
}
type ParamName = keyof typeof params

interface ReadContext<Name extends ParamName> {
  target: string
  client: ProcessApiClient
  ids: Record<Name, string>
  query: URLSearchParams
  /** Aborted when the reader goes away. */
  signal: AbortSignal
}

/**
 * A route handler.
 * @param names the ids in the route's path, each checked before it is used
 * @param read gives the JSON answer, or a response of its own
 */
export function readRoute<Name extends ParamName>(
  names: readonly Name[],
  read: (reading: ReadContext<Name>) => Promise<unknown>,
) {
  return async (request: NextRequest, context: { params: Promise<Record<string, string>> }): Promise<Response> => {
    try {
      await requireSession()
      const given = await context.params
      const target = parse(params.target, given.target, 'target')
      const answer = await read({
        target,
        client: targets().client(target),
        ids: idsOf(names, given),
        query: request.nextUrl.searchParams,
        signal: request.signal,
      })
      return answer instanceof Response ? answer : Response.json(answer, { headers: noStoreHeaders })
    } catch (error) {
      return problemResponse(error)
    }
  }
}

/** Check a query or an id. Throws ApiError BAD_REQUEST that says what is wrong with it. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, name = 'query'): z.infer<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = [name, ...(issue?.path ?? [])].join('.')
  throw new ApiError('BAD_REQUEST', `The ${field} in this address is not valid: ${issue?.message ?? 'unknown'}.`)
}

const noStoreHeaders = { 'cache-control': 'private, no-store' }

function problemResponse(error: unknown): Response {
  // The reader is gone; nobody sees this answer.
  if (error instanceof Error && error.name === 'AbortError') return new Response(null, { status: 499 })
  if (!(error instanceof ApiError || error instanceof TargetError)) console.error('A read failed:', error)
  const problem = toProblem(error)
  return Response.json({ error: problem }, { status: problemStatus(problem.code), headers: noStoreHeaders })
}

function idsOf<Name extends ParamName>(names: readonly Name[], given: Record<string, string>) {
  return Object.fromEntries(names.map((name) => [name, parse(params[name], given[name], name)])) as Record<Name, string>
}
