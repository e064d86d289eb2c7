/** Counts live sockets, after their session and origin were checked, and rejects those that exceed a limit. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Caller } from '@/lib/auth/caller'
import { refuseUpgrade } from '@/lib/auth/middleware'
import { SocketLimits, type SocketLimitValues, type SocketRefusal } from '@/lib/edge/socket-limits'
import { ApiError } from '@/lib/process-api/errors'
import type { ServerMessage } from '../protocol'
import { closeCodes } from './live-connection'
import type { LiveHub } from './live-hub'

/** A page can receive the reason only after the handshake: limits of the sockets that are open only for that. */
const defaultRejectionLimits = { max: 32, timeoutMs: 1_000 }

export interface LiveUpgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly caller: Caller
}

export class LiveAdmission {
  private readonly sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 64 * 1024 })
  private readonly limits: SocketLimits
  private rejecting = 0

  constructor(
    private readonly hub: Pick<LiveHub, 'accept'>,
    limits: SocketLimitValues,
    private readonly rejectionLimits: { readonly max: number; readonly timeoutMs: number } = defaultRejectionLimits,
  ) {
    this.limits = new SocketLimits(limits)
  }

  /** Open a socket whose session and origin were checked, or reject it and report the limit. */
  open({ request, socket, head, caller }: LiveUpgrade): void {
    if (socket.destroyed) return
    const slot = this.limits.acquire(caller.session.id, caller.address)
    if ('release' in slot) {
      // Released even where the handshake is invalid, so that no WebSocket is opened.
      socket.once('close', slot.release)
      this.sockets.handleUpgrade(request, socket, head, (opened) => this.hub.accept(opened, caller))
      return
    }
    const message = messageOf(slot)
    if (request.headers.origin === undefined || this.rejecting >= this.rejectionLimits.max) {
      refuseUpgrade(socket, new ApiError('TOO_MANY_REQUESTS', message))
      return
    }
    this.rejecting += 1
    socket.once('close', () => {
      this.rejecting -= 1
    })
    setTimeout(() => socket.destroy(), this.rejectionLimits.timeoutMs).unref()
    this.sockets.handleUpgrade(request, socket, head, (opened) => reject(opened, message))
  }
}

function reject(socket: WebSocket, text: string): void {
  const message: ServerMessage = { t: 'error', ch: null, code: 'TOO_MANY_REQUESTS', message: text }
  socket.on('error', () => socket.terminate())
  socket.send(JSON.stringify(message))
  socket.close(closeCodes.tooMany, 'too many live sockets')
}

function messageOf({ reached, limit }: SocketRefusal): string {
  switch (reached) {
    case 'perHolder':
      return `This session has ${limit} open tabs, which is the limit (SANDGLASS_LIVE_SOCKETS_PER_SESSION). Close some.`
    case 'perAddress':
      return `This address has ${limit} open tabs, which is the limit (SANDGLASS_LIVE_SOCKETS_PER_ADDRESS). Close some.`
    case 'total':
      return `This console has ${limit} open tabs, which is the limit (SANDGLASS_LIVE_SOCKETS). Try again later.`
  }
}
