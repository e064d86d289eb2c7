/**
 * The middleware before Next: sets security headers, lets the guard admit or refuse each request, and responds itself
 * where Next is not needed (health, downloads) or must not be reached (refused requests).
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { normalisedPath } from '@/lib/edge/request-target'
import { forwardingHeaders, type TrustedProxies } from '@/lib/edge/trusted-proxies'
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import { problemStatus, TargetError, toProblem } from '@/lib/process-api/problem'
import { type Caller, callerOf } from './caller'
import type { RequestGuard } from './guard'
import { contentSecurityPolicy, newNonce, securityHeaders } from './security-headers'

/** Header of requests to Next with the address of the client. Clients cannot set it. */
export const addressHeader = 'x-sandglass-address'

/** Maximum body of an action: 12 MB of code plus its encoding. The same number is in next.config.js. */
export const maxBodyBytes = 32 * 1024 * 1024

export interface MiddlewareOptions {
  guard: RequestGuard
  proxies: TrustedProxies
  dev: boolean
  /** Next: pages, actions and route handlers. */
  next(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Responds to some paths before Next; returns true if it did. */
  beforeNext(request: IncomingMessage, response: ServerResponse, url: URL, caller: Caller): Promise<boolean>
  /** The health response; signed-in users get more details. */
  health(signedIn: boolean): { status: number; body: Record<string, unknown> }
  onLinkRedeemed(): void
  onSignIn(caller: Caller): void
  onSignOut(caller: Caller): void
}

/** Handles one request; never throws. */
export async function handleRequest(
  options: MiddlewareOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  closeUnfinished(request, response)
  try {
    await admit(options, request, response)
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof TargetError)) log.error({ err: error }, 'A request failed')
    refuse(request, response, error)
  }
}

async function admit(options: MiddlewareOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
  const address = options.proxies.apply(request)
  const path = normalisedPath(request.url)
  if (path === null) throw new ApiError('BAD_REQUEST', 'This address is not valid.')
  // Next must route exactly the path that is checked here.
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
    if (admission.signedIn) options.onSignIn(callerOf(admission.signedIn, address))
    if (before && url.pathname === '/sign-out') options.onSignOut(callerOf(before, address))
    // 303: the browser follows with a GET, whatever the method was.
    response
      .writeHead(303, { location: relativeTo(url.pathname, admission.location), 'cache-control': 'no-store' })
      .end()
    return
  }
  // Before the size check: uploads are streamed and may be of any size.
  if (admission.session && (await options.beforeNext(request, response, url, callerOf(admission.session, address))))
    return
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
    throw new ApiError(
      'PAYLOAD_TOO_LARGE',
      `The request is larger than the ${maxBodyBytes / 1024 / 1024} MB that the console accepts.`,
    )
  }
  prepareForNext(request, response, new URL(admission.origin), options.dev)
  request.headers[addressHeader] = address
  await options.next(request, response)
}

/**
 * A path of this console as seen from another one. A proxy that serves the console under a path of another site, which
 * does not work, then still leads to the page that says so.
 */
function relativeTo(pathname: string, location: string): string {
  return `${'../'.repeat(pathname.split('/').length - 2) || './'}${location.slice(1)}`
}

/**
 * Next reads the nonce for its scripts from the request's policy, and compares an action's `Origin` with the forwarded
 * host. The forwarded host is set from the own origin that the guard determined, never from the client's headers.
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

/** Sends a failure in a form that the client understands: JSON for reads, a sentence for actions and pages. */
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
  // Next passes the text of a plain response to an action's caller; any other type becomes "unexpected response".
  response.setHeader('content-type', isRead ? 'application/json' : 'text/plain; charset=utf-8')
  const sentence = problem.hint === undefined ? problem.message : `${problem.message} ${problem.hint}`
  const body = isRead ? JSON.stringify({ error: problem }) : `${sentence}\n`
  response.setHeader('content-length', Buffer.byteLength(body))
  afterBody(request, response, () => response.end(request.method === 'HEAD' ? undefined : body))
}

const drainTimeoutMs = 5_000

/**
 * Closes the connection of a request whose body has not ended 5 s after the response: the server itself waits hours for
 * it, because uploads may take that long.
 */
function closeUnfinished(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (request.complete) return
    const timer = setTimeout(() => request.socket.destroy(), drainTimeoutMs)
    const clear = () => clearTimeout(timer)
    request.once('end', clear)
    request.once('close', clear)
  })
}
/** Anyone can send such requests, so only this many bodies are discarded at a time. */
const maxDraining = 100
let drainingCount = 0

/**
 * Discards the body of a refused request before responding, for a limited time: a client that is still sending would
 * see a reset connection instead of the response.
 */
function afterBody(request: IncomingMessage, response: ServerResponse, respond: () => void): void {
  if (request.complete || request.method === 'GET' || request.method === 'HEAD') {
    respond()
    return
  }
  if (drainingCount >= maxDraining) {
    response.setHeader('connection', 'close')
    respond()
    return
  }
  let responded = false
  const once = () => {
    if (responded) return
    responded = true
    drainingCount -= 1
    clearTimeout(timer)
    respond()
  }
  drainingCount += 1
  const timer = setTimeout(() => {
    response.setHeader('connection', 'close')
    once()
  }, drainTimeoutMs)
  request.once('end', once)
  request.once('close', once)
  request.resume()
}

/** Refuses an upgrade with an HTTP response, so that clients can see the reason, and closes the connection. */
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
