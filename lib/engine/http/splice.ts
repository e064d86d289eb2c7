import type { Duplex } from 'node:stream'
import { pipe } from './pipe'

/** Time for a client to read the remaining data after the upstream has closed. */
const lingerTimeoutMs = 30_000

/**
 * Join two connections and pass bytes on unchanged, with the backpressure of the two sockets. When one side ends, the
 * other ends after all bytes were delivered; an error closes both immediately.
 */
export function splice(client: Duplex, upstream: Duplex): void {
  client.on('error', () => upstream.destroy())
  client.on('close', () => upstream.destroy())
  upstream.on('error', () => client.destroy())
  upstream.on('close', () => {
    if (client.destroyed) return
    client.end()
    // Do not wait forever for a client that has stopped reading.
    if ('setTimeout' in client && typeof client.setTimeout === 'function') {
      client.setTimeout(lingerTimeoutMs, () => client.destroy())
    }
  })
  pipe(upstream, client)
  pipe(client, upstream)
}
