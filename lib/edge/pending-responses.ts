/** Pipelined requests on one connection. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests of one connection that are handled at the same time. No browser and no SDK pipelines requests. */
const maxHandled = 32
/** Requests of one connection that are handled or wait for it. Further ones are refused. */
const maxPending = 1_000
/** A client that sends even more does not read its responses. */
const maxReceived = 2 * maxPending

type Handle = (request: IncomingMessage, response: ServerResponse) => void

/** The requests of one connection that have no complete response. */
interface PendingRequests {
  readonly responses: Set<ServerResponse>
  readonly waiting: (() => void)[]
  handled: number
  isRefused: boolean
}

/**
 * Call `handle` for the requests of a server, of one connection for up to 32 at a time; the others wait. After 1,000 pending
 * requests, the next one gets 429 and ends the connection.
 *
 * When a client disconnects, Node emits `close` only for the response that is being sent, not for those queued behind it,
 * so their resources would leak. This emits `close` for all of them.
 */
export function handlePipelined(server: Server, handle: Handle): void {
  const pending = new WeakMap<Socket, PendingRequests>()
  server.on('request', (request, response) => {
    const { socket } = request
    // Node still emits all requests of one chunk, even if the connection was closed meanwhile.
    if (socket.destroyed) return
    const requests = pending.get(socket) ?? watch(socket)
    pending.set(socket, requests)
    const { responses, waiting } = requests
    responses.add(response)
    let isHandled = false
    const start = () => {
      isHandled = true
      requests.handled += 1
      handle(request, response)
    }
    response.once('close', () => {
      responses.delete(response)
      if (!isHandled) return
      requests.handled -= 1
      if (!socket.destroyed) waiting.shift()?.()
    })
    if (responses.size > maxReceived) socket.destroy()
    else if (requests.isRefused) return
    else if (responses.size > maxPending) {
      // Sent after all responses before it; then the connection is closed.
      requests.isRefused = true
      refuse(request, response)
    } else if (requests.handled < maxHandled) start()
    else waiting.push(start)
  })
}

function watch(socket: Socket): PendingRequests {
  const requests: PendingRequests = { responses: new Set(), waiting: [], handled: 0, isRefused: false }
  socket.once('close', () => {
    requests.waiting.length = 0
    for (const response of [...requests.responses]) {
      response.destroyed = true
      response.emit('close')
    }
  })
  return requests
}

/** Respond with the error envelope of the process API. */
function refuse({ method = '', url = '' }: IncomingMessage, response: ServerResponse): void {
  const envelope = {
    statusCode: 429,
    message: `too many requests: a connection can have ${maxPending} pending requests`,
    code: 'TOO_MANY_REQUESTS',
    source: 'DAYTONA_PROXY',
    timestamp: new Date().toISOString(),
    path: url.split('?')[0],
    method,
    limit: maxPending,
  }
  const body = Buffer.from(JSON.stringify(envelope))
  const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length }
  response.writeHead(429, { ...headers, connection: 'close' }).end(body)
}
