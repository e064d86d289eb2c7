/** Interpreter contexts and cells of a sandbox, with the target's extension or with the plain protocol. */
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import type { InterpreterContext } from '@/lib/process-api/interpreter'
import { contextRunJournal, interpreterOperations } from '@/lib/process-api/operations/interpreter'
import { TargetError } from '@/lib/process-api/problem'
import type { ContextEntry } from '@/lib/queries/reads'
import { hasInterpreter } from '@/lib/targets/capability-cache'
import { plainCells } from '@/lib/targets/plain-cells/shared'

interface SandboxAccess {
  target: string
  client: ProcessApiClient
  sandboxId: string
}

interface Options {
  signal: AbortSignal
}

/** All contexts, the default one first. */
export async function listContexts(access: SandboxAccess, options: Options): Promise<ContextEntry[]> {
  const { target, client, sandboxId } = access
  const { contexts } = await client.call(interpreterOperations.listContexts, { sandboxId }, options)
  if (!(await hasInterpreter(target, client, sandboxId))) {
    return [plainDefault, ...contexts].map((context) => ({ ...context, detail: null }))
  }
  const ids = ['default', ...contexts.map(({ id }) => id)]
  const details = await Promise.all(
    ids.map((id) =>
      client.call(interpreterOperations.getContext, { sandboxId, id }, options).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 404) return null // deleted meanwhile
        throw error
      }),
    ),
  )
  return details.flatMap((detail) => (detail ? [{ ...detail, detail }] : []))
}

/** The default context of a target that does not describe it. */
const plainDefault: InterpreterContext = { id: 'default', cwd: '', createdAt: '', active: true, language: 'python' }

/**
 * Starts code in a context and returns the id of its run at once.
 * @param request.timeout in seconds; null for none, or for that of a target where nothing else could end the cell
 */
export async function startCell(
  access: SandboxAccess & { contextId: string },
  request: { code: string; timeout: number | null },
  options: Options,
): Promise<string> {
  const { target, client, sandboxId, contextId } = access
  if (!(await hasInterpreter(target, client, sandboxId))) {
    const toolboxUrl = await client.toolboxUrlOf(sandboxId, options)
    return plainCells().start({ target, sandboxId, contextId }, client.endpoint, toolboxUrl, request)
  }
  const call = { sandboxId, id: contextId, body: { code: request.code, timeout: request.timeout ?? 0, rich: true } }
  return (await client.call(interpreterOperations.startContextRun, call, options)).id
}

/** Throws `TARGET_UNSUPPORTED` with this sentence where the target has no interpreter extension. */
export async function requireInterpreter(
  { target, client, sandboxId }: SandboxAccess,
  sentence: string,
): Promise<void> {
  if (!(await hasInterpreter(target, client, sandboxId))) throw new TargetError('TARGET_UNSUPPORTED', sentence)
}

/** The whole output of a cell, as a download. */
export async function cellOutput(
  access: SandboxAccess & { contextId: string; runId: string },
  options: Options,
): Promise<Response> {
  const { target, client, sandboxId, contextId, runId } = access
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'content-disposition': `attachment; filename="cell-${runId.slice(0, 8)}.txt"`,
    'cache-control': 'private, no-store',
  }
  if (await hasInterpreter(target, client, sandboxId)) {
    const call = { sandboxId, id: contextId, run: runId }
    const response = await client.send(contextRunJournal.download, call, { ...options, deadlineMs: downloadTimeoutMs })
    return new Response(response.body, { headers })
  }
  const text = plainCells().output({ target, sandboxId, contextId, runId })
  if (text === null) throw new ApiError('NOT_FOUND', 'The console no longer has the output of this cell.')
  return new Response(text, { headers })
}

const downloadTimeoutMs = 600_000
