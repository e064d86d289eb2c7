/** How many upgraded sockets one credential, one address and all together may have at the engine. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { SocketCeilings, SocketRefusal } from '@/lib/edge/socket-ceilings'
import { ApiError } from '@/lib/process-api/errors'
import { previewTokenHeader, previewTokenQuery } from '@/lib/process-api/previews'
import { bearerOf } from './credentials'
import type { PreviewHost } from './host-check'

/** Whose a socket is: the credential that the request brings, else the preview that it is for. */
export function holderOf({ url = '/', headers }: IncomingMessage, preview: PreviewHost | null): string {
  const query = new URLSearchParams(url.split('?').slice(1).join('?'))
  const token = headers[previewTokenHeader] ?? query.get(previewTokenQuery)
  return bearerOf(headers.authorization) ?? (token ? String(token) : `preview ${preview?.label ?? ''}`)
}

/** Count a socket in until it is closed. Throws 429 where its key, its address or all have as many as they may. */
export function takePlace(places: SocketCeilings, holder: string, address: string, socket: Duplex): void {
  if (socket.destroyed) return
  const place = places.take(holder, address)
  if (!('release' in place)) throw refusal(place)
  socket.once('close', place.release)
}

function refusal({ reached, limit }: SocketRefusal): ApiError {
  const [whose, setting] = {
    perHolder: ['this key or token has', 'SANDGLASS_ENGINE_SOCKETS_PER_KEY'],
    perAddress: ['this address has', 'SANDGLASS_ENGINE_SOCKETS_PER_ADDRESS'],
    total: ['all clients together have', 'SANDGLASS_ENGINE_SOCKETS'],
  }[reached]
  return new ApiError(
    'TOO_MANY_REQUESTS',
    `${whose} ${limit} sockets open, which is as many as may be; close some, or raise ${setting}`,
  )
}
