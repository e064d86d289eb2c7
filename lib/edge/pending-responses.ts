/** Pipelined requests on one connection. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Clients wait for a response before the next request; no browser and no SDK pipelines requests. */
const maxPending = 32

/**
 * When a client disconnects, Node emits `close` only for the response that is being sent, not for those queued behind it,
 * so their resources would leak. This emits `close` for all of them, and closes connections with more than 32 pending
 * requests.
 * @returns whether the connection of a request was closed for that reason; such a request must be ignored. Node still
 *   emits all requests of one chunk, even if the connection was closed meanwhile.
 */
export function endPendingResponses(server: Server): (request: IncomingMessage) => boolean {
  const pending = new WeakMap<Socket, Set<ServerResponse>>()
  const pendingOn = (socket: Socket) => {
    const existing = pending.get(socket)
    if (existing) return existing
    const responses = new Set<ServerResponse>()
    pending.set(socket, responses)
    socket.once('close', () => {
      for (const response of [...responses]) {
        response.destroyed = true
        response.emit('close')
      }
    })
    return responses
  }
  server.prependListener('request', ({ socket }, response) => {
    const responses = pendingOn(socket)
    responses.add(response)
    response.once('close', () => responses.delete(response))
    if (responses.size > maxPending) socket.destroy()
  })
  return ({ socket }) => socket.destroyed
}
