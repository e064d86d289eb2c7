import type { ServerResponse } from 'node:http'

/**
 * Ask proxies to pass a response on as it is written. `no-transform` keeps them from compressing it (RFC 9111, 5.2.2.6),
 * which would hold back output until a block is full; the other header switches off nginx's buffer.
 */
export function sendUnbuffered(response: ServerResponse): void {
  response.setHeader('cache-control', 'no-store, no-transform')
  response.setHeader('x-accel-buffering', 'no')
}
