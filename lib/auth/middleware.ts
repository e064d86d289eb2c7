/**
 * What stands in front of Next: every request passes the gate, gets the security headers, and is answered here where
 * Next is not needed (health, downloads) or must not be reached (everything that is refused).
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { normalisedPath } from '@/lib/edge/request-target'
import { forwardingHeaders, type TrustedProxies } from '@/lib/edge/trusted-proxies'
import { ApiError } from '@/lib/process-api/errors'
import { problemStatus, TargetError, toProblem } from '@/lib/process-api/problem'
import type { Session } from './authenticator'
import type { RequestGuard } from './guard'
import { contentSecurityPolicy, newNonce, securityHeaders } from './security-headers'

/** Largest body of an action: 12 MB of code, grown by its encoding. The same number is in next.config.js. */
export const maxBodyBytes = 32 * 1024 * 1024

export interface MiddlewareOptions {
  guard: RequestGuard
  proxies: TrustedProxies
  dev: boolean
  /** The rest: pages, actions and route handlers. */
  next(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Answers some paths before Next does; true when it has. */
  beforeNext(request: IncomingMessage, response: ServerResponse, url: URL, session: Session): Promise<boolean>
  /** What anybody may know of the health, and what only a signed-in person may. */
  health(signedIn: boolean): { status: number; body: Record<string, unknown> }
  onLinkRedeemed(): void
  onSignOut(session: Session): void
}

/** Answer one request; never throws. */
export async function handleRequest(
  options: MiddlewareOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await admit(options, request, response)
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof TargetError)) console.error('A request failed:', error)
    refuse(request, response, error)
  }
}

async function admit(options: MiddlewareOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
  options.proxies.apply(request)
  const path = normalisedPath(request.url)
  if (path === null) throw new ApiError('BAD_REQUEST', 'This address is not valid.')
  // What was checked is what Next routes.
  request.url = path
  const method = request.method ?? 'GET'
  const url = new URL(path, 'http://console.invalid')
  if (url.pathname === '/healthz') {
    health(options, request, response)
    return
  }
  const before = options.guard.session(request.headers)
  const admission = options.guard.admit({ method, url: path, headers: request.headers })
  if (admission.kind === 'refuse') throw admission.error
  if (admission.cookie !== null) response.setHeader('set-cookie', admission.cookie)
  if (admission.kind === 'redirect') {
    if (admission.redeemed) options.onLinkRedeemed()
    if (before && url.pathname === '/sign-out') options.onSignOut(before)
    // 303: whatever was asked, what follows is a GET.
    response.writeHead(303, { location: admission.location, 'cache-control': 'no-store' }).end()
    return
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
    throw new ApiError(
      'PAYLOAD_TOO_LARGE',
      `This is larger than the ${maxBodyBytes / 1024 / 1024} MB that the console takes.`,
    )
  }
  if (admission.session && (await options.beforeNext(request, response, url, admission.session))) return
  prepareForNext(request, response, new URL(admission.origin), options.dev)
  await options.next(request, response)
}

/**
 * Next takes the nonce for its scripts from the request's policy, and compares an action's `Origin` with the forwarded
 * host: that is the host of the one of our own origins that the gate found, never a word of the client's.
 */
function prepareForNext(request: IncomingMessage, response: ServerResponse, own: URL, dev: boolean): void {
  const policy = contentSecurityPolicy(newNonce(), own.host, dev)
  request.headers['content-security-policy'] = policy
  response.setHeader('content-security-policy', policy)
  for (const name of [...forwardingHeaders, 'x-middleware-subrequest', 'x-nonce']) delete request.headers[name]
  request.headers['x-forwarded-host'] = own.host
  request.headers['x-forwarded-proto'] = own.protocol.slice(0, -1)
}

function health(options: MiddlewareOptions, request: IncomingMessage, response: ServerResponse): void {
  const refused = options.guard.refuseForeign({ method: request.method ?? 'GET', headers: request.headers })
  if (refused) throw refused
  const { status, body } = options.health(options.guard.session(request.headers) !== null)
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body))
}

/** A failure in the form that its reader understands: JSON for reads, a sentence for actions and pages. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const problem = toProblem(error)
  const isRead = request.url?.startsWith('/api/') ?? false
  for (const name of ['content-disposition', 'content-length', 'content-range']) response.removeHeader(name)
  response.statusCode = problemStatus(problem.code)
  response.setHeader('cache-control', 'no-store')
  // Next shows an action's caller the text of a plain answer; any other kind becomes "unexpected response".
  response.setHeader('content-type', isRead ? 'application/json' : 'text/plain; charset=utf-8')
  const sentence = problem.hint === undefined ? problem.message : `${problem.message} ${problem.hint}`
  const body = isRead ? JSON.stringify({ error: problem }) : `${sentence}\n`
  response.setHeader('content-length', Buffer.byteLength(body))
  afterBody(request, response, () => response.end(request.method === 'HEAD' ? undefined : body))
}

const drainTimeoutMs = 5_000

/**
 * The body of a refused request is read to nowhere, for a while: answered in the middle of it, its sender would see a
 * reset connection instead of the answer.
 */
function afterBody(request: IncomingMessage, response: ServerResponse, answer: () => void): void {
  if (request.complete || request.method === 'GET' || request.method === 'HEAD') {
    answer()
    return
  }
  let answered = false
  const once = () => {
    if (answered) return
    answered = true
    clearTimeout(timer)
    answer()
  }
  const timer = setTimeout(() => {
    response.setHeader('connection', 'close')
    once()
  }, drainTimeoutMs)
  request.once('end', once)
  request.once('close', once)
  request.resume()
}

/** Refuse an upgrade with a status line, so that the reason can be seen, and close the connection. */
export function refuseUpgrade(socket: Duplex, error: ApiError): void {
  const { code, message } = toProblem(error)
  const body = JSON.stringify({ error: { code, message } })
  socket.on('error', () => socket.destroy())
  socket.end(
    [
      `HTTP/1.1 ${error.status} ${code}`,
      'connection: close',
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
    () => socket.destroy(),
  )
}
