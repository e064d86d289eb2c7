/** Limits of upgraded sockets at the engine: per credential, per address, and in total. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { SocketLimits, SocketRefusal } from '@/lib/edge/socket-limits'
import { ApiError } from '@/lib/process-api/errors'
import { previewTokenHeader, previewTokenQuery } from '@/lib/process-api/previews'
import { bearerOf } from './credentials'
import type { PreviewHost } from './host-check'

/** Whose socket it is: the credential of the request, or the preview that it is for. */
export function holderOf({ url = '/', headers }: IncomingMessage, preview: PreviewHost | null): string {
  const query = new URLSearchParams(url.split('?').slice(1).join('?'))
  const token = headers[previewTokenHeader] ?? query.get(previewTokenQuery)
  return bearerOf(headers.authorization) ?? (token ? String(token) : `preview ${preview?.label ?? ''}`)
}

/** Count a socket until it closes. Throws 429 when its key, its address or the total has reached its limit. */
export function countSocket(limits: SocketLimits, holder: string, address: string, socket: Duplex): void {
  if (socket.destroyed) return
  const taken = limits.acquire(holder, address)
  if (!('release' in taken)) throw limitError(taken)
  socket.once('close', taken.release)
}

function limitError({ reached, limit }: SocketRefusal): ApiError {
  const [whose, setting] = {
    perHolder: ['this key or token has', 'SANDGLASS_ENGINE_SOCKETS_PER_KEY'],
    perAddress: ['this address has', 'SANDGLASS_ENGINE_SOCKETS_PER_ADDRESS'],
    total: ['all clients together have', 'SANDGLASS_ENGINE_SOCKETS'],
  }[reached]
  return new ApiError(
    'TOO_MANY_REQUESTS',
    `${whose} ${limit} open sockets, the maximum; close some, or raise ${setting}`,
  )
}
