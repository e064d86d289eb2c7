import type { WebSocket } from 'ws'

/** Shorter than the 25 s after which the first proxies drop a silent connection. */
const pingIntervalMs = 20_000

/** Ping a socket while it is open, and terminate it if its peer disappeared silently. */
export function keepAlive(socket: WebSocket): void {
  let isAlive = true
  const markAlive = () => {
    isAlive = true
  }
  socket.on('pong', markAlive)
  socket.on('message', markAlive)
  const timer = setInterval(() => {
    // With a long queue the pong of a live peer is late, and a paused socket reads no pong at all.
    if (!isAlive && socket.bufferedAmount === 0 && !socket.isPaused) {
      socket.terminate()
      return
    }
    isAlive = false
    socket.ping()
  }, pingIntervalMs)
  timer.unref()
  socket.once('close', () => clearInterval(timer))
}
