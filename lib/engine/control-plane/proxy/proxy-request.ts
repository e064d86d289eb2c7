import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError } from '@/lib/process-api/errors'
import { pipe } from '../../http/pipe'
import type { ToolboxLink } from '../sandbox/toolbox-link'
import type { ProxyTarget } from './proxy-target'
import { isDownload, relayDownload } from './relay-download'

/** A toolbox that just exited is restarted within this time; requests that it never saw are retried until then. */
const retryTimeoutMs = 5_000
const retryMs = 25

/**
 * Forward a request to the toolbox and stream the response back. A request that the toolbox has not seen is retried.
 * Rejects with 502 or 503, as long as no response has started.
 */
export async function forwardRequest(
  target: ProxyTarget,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const deadline = performance.now() + retryTimeoutMs
  for (;;) {
    const link = await target.sandbox.link()
    const outcome = isDownload(target, request)
      ? await relayDownload(target, (onread) => link.connect(onread), request, response)
      : await exchange(target, link, request, response)
    if (outcome === 'done' || response.destroyed) return
    if (outcome === 'lost' || performance.now() > deadline) throw unreachable(target)
    await sleep(retryMs)
  }
}

/** The error for a request during which the toolbox exited. */
export function unreachable({ sandbox }: ProxyTarget): ApiError {
  return new ApiError(
    'BAD_GATEWAY',
    `the sandbox ${sandbox.record.name} closed the connection and is being restarted; what ran in it may be lost`,
  )
}

/** `unseen`: the toolbox cannot have acted on the request, and none of its body was consumed. */
type Outcome = 'done' | 'unseen' | 'lost'

function exchange(
  target: ProxyTarget,
  link: Pick<ToolboxLink, 'options'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Outcome> {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  return new Promise((resolve) => {
    let connected = false
    let stopBody = () => {}
    const upstream = httpRequest({
      ...link.options,
      method: request.method,
      path: target.url,
      headers: target.headers.toToolbox(request.rawHeaders, false).flat(),
      setHost: false,
    })
    const onClientClose = () => {
      if (!response.writableFinished) upstream.destroy()
    }
    response.once('close', onClientClose)
    const settle = (outcome: Outcome) => {
      response.off('close', onClientClose)
      resolve(outcome)
    }
    // The body is not consumed before the connection is there.
    upstream.once('socket', (socket) => {
      const send = () => {
        connected = true
        if (hasBody) stopBody = pipe(request, upstream)
        else upstream.end()
      }
      if (socket.connecting) socket.once('connect', send)
      else send()
    })
    upstream.once('response', (upstreamResponse) => {
      const reflectsOrigin = response.hasHeader('access-control-allow-origin')
      if (upstreamResponse.headers['access-control-allow-origin'] !== undefined) removeCorsHeaders(response)
      response.writeHead(
        upstreamResponse.statusCode ?? 502,
        target.headers.toClient(upstreamResponse.rawHeaders, reflectsOrigin).flat(),
      )
      // The response may take long to produce its first byte; send the headers now.
      if (upstreamResponse.headers['content-length'] === undefined) response.flushHeaders()
      // An incomplete response must not look complete, so the client's connection is closed.
      upstreamResponse.once('error', () => response.destroy())
      response.once('close', () => settle('done'))
      pipe(upstreamResponse, response)
    })
    upstream.on('error', () => {
      // A response that started before the whole body was sent still arrives; the rest of the body is discarded.
      stopBody()
      if (response.headersSent) {
        request.resume()
        return
      }
      const stale = upstream.reusedSocket && isRepeatable(request) && !hasBody
      settle(!connected || stale ? 'unseen' : 'lost')
    })
  })
}

/** The program's own cross-origin headers take precedence. */
function removeCorsHeaders(response: ServerResponse): void {
  response.removeHeader('access-control-allow-origin')
  response.removeHeader('access-control-allow-credentials')
}

/** A kept-alive connection may close just as it is reused; then an idempotent request can safely be sent again. */
function isRepeatable(request: IncomingMessage): boolean {
  return ['GET', 'HEAD', 'PUT', 'DELETE'].includes(request.method ?? '')
}
