import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError } from '@/lib/process-api/errors'
import { pipe } from '../../http/pipe'
import type { ToolboxLink } from '../sandbox/toolbox-link'
import type { ProxyTarget } from './proxy-target'

/** A toolbox that just died is back within this time; a request that it never saw waits for that. */
const shutdownTimeoutMs = 5_000
const retryMs = 25

/**
 * Pass one request to the toolbox and its answer back, both streamed. A request of which the toolbox saw nothing is
 * tried again. Rejects with 502 or 503 while nothing was answered yet.
 */
export async function passRequest(
  target: ProxyTarget,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const deadline = performance.now() + shutdownTimeoutMs
  for (;;) {
    const link = await target.sandbox.link()
    const outcome = await exchange(target, link, request, response)
    if (outcome === 'done' || response.destroyed) return
    if (outcome === 'lost' || performance.now() > deadline) throw unreachable(target)
    await sleep(retryMs)
  }
}

/** What a client is told when the toolbox went away under its request. */
export function unreachable({ sandbox }: ProxyTarget): ApiError {
  return new ApiError(
    'BAD_GATEWAY',
    `the sandbox ${sandbox.record.name} ended the connection; what ran in it may be lost, and it is being started again`,
  )
}

/** `unseen`: the toolbox cannot have acted on it, and nothing of the body was used up. */
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
    const clientGone = () => {
      if (!response.writableFinished) upstream.destroy()
    }
    response.once('close', clientGone)
    const settle = (outcome: Outcome) => {
      response.off('close', clientGone)
      resolve(outcome)
    }
    // The body is touched only once somebody is there to read it.
    upstream.once('socket', (socket) => {
      const send = () => {
        connected = true
        if (hasBody) stopBody = pipe(request, upstream)
        else upstream.end()
      }
      if (socket.connecting) socket.once('connect', send)
      else send()
    })
    upstream.once('response', (answer) => {
      const reflectsOrigin = response.hasHeader('access-control-allow-origin')
      if (answer.headers['access-control-allow-origin'] !== undefined) forgetOrigin(response)
      response.writeHead(answer.statusCode ?? 502, target.headers.toClient(answer.rawHeaders, reflectsOrigin).flat())
      // A long answer begins before its first byte is there: the client should know that it was heard.
      if (answer.headers['content-length'] === undefined) response.flushHeaders()
      // Half an answer must not look whole: the client's connection ends with it.
      answer.once('error', () => response.destroy())
      response.once('close', () => settle('done'))
      pipe(answer, response)
    })
    upstream.on('error', () => {
      // An answer that began before the whole body was sent still arrives; what is left of the body is dropped.
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

/** A program that says itself who may read its answers is not contradicted. */
function forgetOrigin(response: ServerResponse): void {
  response.removeHeader('access-control-allow-origin')
  response.removeHeader('access-control-allow-credentials')
}

/** A kept connection that the other side had just closed: safe to send again where twice is as good as once. */
function isRepeatable(request: IncomingMessage): boolean {
  return ['GET', 'HEAD', 'PUT', 'DELETE'].includes(request.method ?? '')
}
