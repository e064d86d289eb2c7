import type { Duplex } from 'node:stream'

/** Time for a client to read the last answer, while the rest of what it sends is dropped. */
const lingerMs = 2_000

/**
 * End a connection behind what was written to it. What still comes is read and dropped: the end of a connection that
 * nobody reads from is never seen, and it would stay open for ever.
 */
export function endSoon(socket: Duplex): void {
  socket.end()
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  timer.unref()
  socket.once('close', () => clearTimeout(timer))
}
