import type { Duplex } from 'node:stream'
import { pump } from './pump'

/** Time for a client to take what is still on its way after the other side has closed. */
const lingerMs = 30_000

/**
 * Join two connections whose bytes nobody looks at any more, so that back-pressure is that of the two sockets.
 * The end of one is passed to the other behind all of its bytes; a failure ends both at once.
 */
export function splice(client: Duplex, upstream: Duplex): void {
  client.on('error', () => upstream.destroy())
  client.on('close', () => upstream.destroy())
  upstream.on('error', () => client.destroy())
  upstream.on('close', () => {
    if (client.destroyed) return
    client.end()
    // A client that reads nothing more is not waited for.
    if ('setTimeout' in client && typeof client.setTimeout === 'function') {
      client.setTimeout(lingerMs, () => client.destroy())
    }
  })
  pump(upstream, client)
  pump(client, upstream)
}
