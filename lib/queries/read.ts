/**
 * The browser's reads: one GET of a route under `/api/targets/{target}`, aborted when its result is no longer needed.
 * The routes validate their responses against the wire schemas, so the browser does not validate them again.
 */
import { CallFailure, consoleUnreachable } from './call-failure'

/** The console responds within ten seconds; a connection that died during sleep never does. */
const defaultTimeoutMs = 20_000

/** Path of a read route. Each segment is encoded, so that ids with special characters stay one segment. */
export function targetPath(target: string, ...segments: string[]): string {
  return ['/api/targets', ...[target, ...segments].map(encodeURIComponent)].join('/')
}

/**
 * @param path from `targetPath`, with a query where the route takes one
 * @throws CallFailure for every response that is not 2xx, and if there is none; aborts are rethrown unchanged
 */
export async function readJson<Result>(
  path: string,
  signal?: AbortSignal,
  timeoutMs = defaultTimeoutMs,
): Promise<Result> {
  let response: Response
  try {
    const timeout = AbortSignal.timeout(timeoutMs)
    response = await fetch(path, {
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      headers: { accept: 'application/json' },
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw consoleUnreachable(cause)
  }
  if (response.ok) return (await response.json()) as Result
  throw await toFailure(response)
}

export async function toFailure(response: Response): Promise<CallFailure> {
  const body: unknown = await response.json().catch(() => null)
  const error = field(body, 'error')
  const code = field(error, 'code')
  const message = field(error, 'message')
  const hint = field(error, 'hint')
  return new CallFailure(
    typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR',
    typeof message === 'string' ? message : `The console responded with status ${response.status}.`,
    response.status,
    typeof hint === 'string' ? hint : undefined,
  )
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value
    ? (value as Record<string, unknown>)[name]
    : undefined
}
