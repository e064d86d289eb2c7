import type { Duplex } from 'node:stream'

/** Time for a client to read the response, while the rest of its request is discarded. */
const lingerTimeoutMs = 2_000

/**
 * Close a connection after the data written to it was sent. Incoming data is read and discarded: without a reader, the
 * end of the connection would never be noticed and it would stay open forever.
 */
export function lingeringClose(socket: Duplex): void {
  socket.end()
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), lingerTimeoutMs)
  timer.unref()
  socket.once('close', () => clearTimeout(timer))
}
