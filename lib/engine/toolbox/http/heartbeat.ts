/** Keeps a WebSocket alive through proxies that drop idle connections, and notices peers that are gone. */
import type { WebSocket } from 'ws'

const pingMs = 20_000
/** A peer that neither answered nor took any byte for so long is gone. */
const deadMs = 65_000

/**
 * Ping a client until it closes. A client that is paused here cannot be heard answering, and one that is slow answers
 * late, so only the lack of both answers and progress counts.
 * @param progress a number that changes while the client takes what it is sent
 */
export function keepAlive(socket: WebSocket, progress: () => number = () => 0): void {
  let heardAt = performance.now()
  let before = progress()
  const heard = () => {
    heardAt = performance.now()
  }
  socket.on('pong', heard)
  socket.on('message', heard)
  const timer = setInterval(() => {
    const now = progress()
    if (now !== before || socket.isPaused) heard()
    before = now
    if (performance.now() - heardAt > deadMs) socket.terminate()
    else if (socket.readyState === socket.OPEN) socket.ping()
  }, pingMs)
  timer.unref()
  socket.once('close', () => clearInterval(timer))
}
