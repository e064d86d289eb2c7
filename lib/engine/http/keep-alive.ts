import type { WebSocket } from 'ws'

/** Shorter than the 25 s after which the first proxies drop a silent connection. */
const pingMs = 20_000

/** Ping a socket for as long as it is open, and end one whose peer has gone without a word. */
export function keepAlive(socket: WebSocket): void {
  let heard = true
  const alive = () => {
    heard = true
  }
  socket.on('pong', alive)
  socket.on('message', alive)
  const timer = setInterval(() => {
    // Behind a long queue the pong is late although the peer lives, and from a paused socket none is read.
    if (!heard && socket.bufferedAmount === 0 && !socket.isPaused) {
      socket.terminate()
      return
    }
    heard = false
    socket.ping()
  }, pingMs)
  timer.unref()
  socket.once('close', () => clearInterval(timer))
}
