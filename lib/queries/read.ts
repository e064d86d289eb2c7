/**
 * Reads of the browser: one GET of a route under `/api/targets/{target}`, aborted when nobody waits any more.
 * The routes answer what the wire schemas say (they parse it), so the browser does not parse it a second time.
 */
import { CallFailure, consoleUnreachable } from './call-failure'

/** The console answers within ten seconds; a connection that died in its sleep never does. */
const defaultTimeoutMs = 20_000

/** Address of a read route; each part is encoded, so an id with odd characters stays one segment. */
export function targetPath(target: string, ...segments: string[]): string {
  return ['/api/targets', ...[target, ...segments].map(encodeURIComponent)].join('/')
}

/**
 * @param path from `targetPath`, with a query where the route takes one
 * @throws CallFailure for every answer that is not 2xx and where no answer came; an abort is thrown as it is
 */
export async function readJson<Answer>(
  path: string,
  signal?: AbortSignal,
  timeoutMs = defaultTimeoutMs,
): Promise<Answer> {
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
  if (response.ok) return (await response.json()) as Answer
  throw await toFailure(response)
}

async function toFailure(response: Response): Promise<CallFailure> {
  const body: unknown = await response.json().catch(() => null)
  const error = field(body, 'error')
  const code = field(error, 'code')
  const message = field(error, 'message')
  const hint = field(error, 'hint')
  return new CallFailure(
    typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR',
    typeof message === 'string' ? message : `The console answered with status ${response.status}.`,
    response.status,
    typeof hint === 'string' ? hint : undefined,
  )
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value
    ? (value as Record<string, unknown>)[name]
    : undefined
}
