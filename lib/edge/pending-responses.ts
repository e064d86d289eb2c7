/** Requests that wait for their turn on one connection. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Clients send one request after the other's answer; no browser and no SDK sends several at once on a connection. */
const maxPending = 32

/**
 * When a client leaves, Node emits `close` for the response that has the connection and for none of those that wait
 * behind it, so that what is held for them would never be let go. Emit it for them too, and close a connection that has
 * more than 32 requests under way.
 * @returns tells of a request whether its connection was closed for that: it must not be dealt with. Node hands over all
 *   that came in one piece, whatever became of the connection meanwhile.
 */
export function endPendingResponses(server: Server): (request: IncomingMessage) => boolean {
  const pending = new WeakMap<Socket, Set<ServerResponse>>()
  const pendingOn = (socket: Socket) => {
    const known = pending.get(socket)
    if (known) return known
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
