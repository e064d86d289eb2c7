/** Where live sockets that the gate has let in are counted, and refused where there are too many. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Session } from '@/lib/auth/authenticator'
import { refuseUpgrade } from '@/lib/auth/middleware'
import { SocketLimits, type SocketLimitValues, type SocketRefusal } from '@/lib/edge/socket-limits'
import { ApiError } from '@/lib/process-api/errors'
import type { ServerMessage } from '../protocol'
import { closeCodes } from './live-connection'
import type { LiveHub } from './live-hub'

/** A page learns why it is refused only after the handshake: so many sockets are kept open to say so, and so long. */
const usualFarewells = { max: 32, timeoutMs: 1_000 }

export interface LiveUpgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly session: Session
  /** Of the visitor. */
  readonly address: string
}

export class LiveDoor {
  private readonly sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 64 * 1024 })
  private readonly places: SocketLimits
  private farewelling = 0

  constructor(
    private readonly hub: Pick<LiveHub, 'accept'>,
    ceilings: SocketLimitValues,
    private readonly farewells: { readonly max: number; readonly timeoutMs: number } = usualFarewells,
  ) {
    this.places = new SocketLimits(ceilings)
  }

  /** Open a socket whose session and origin were checked, or say which ceiling is reached. */
  open({ request, socket, head, session, address }: LiveUpgrade): void {
    if (socket.destroyed) return
    const place = this.places.acquire(session.id, address)
    if ('release' in place) {
      // The place is given back even where the handshake is wrong and no WebSocket comes of it.
      socket.once('close', place.release)
      this.sockets.handleUpgrade(request, socket, head, (opened) => this.hub.accept(opened, session))
      return
    }
    const sentence = sentenceOf(place)
    if (request.headers.origin === undefined || this.farewelling >= this.farewells.max) {
      refuseUpgrade(socket, new ApiError('TOO_MANY_REQUESTS', sentence))
      return
    }
    this.farewelling += 1
    socket.once('close', () => {
      this.farewelling -= 1
    })
    setTimeout(() => socket.destroy(), this.farewells.timeoutMs).unref()
    this.sockets.handleUpgrade(request, socket, head, (opened) => sayFarewell(opened, sentence))
  }
}

function sayFarewell(socket: WebSocket, sentence: string): void {
  const message: ServerMessage = { t: 'error', ch: null, code: 'TOO_MANY_REQUESTS', message: sentence }
  socket.on('error', () => socket.terminate())
  socket.send(JSON.stringify(message))
  socket.close(closeCodes.noRoom, 'too many live sockets')
}

function sentenceOf({ reached, limit }: SocketRefusal): string {
  switch (reached) {
    case 'perHolder':
      return `This sign-in has ${limit} tabs open, which is as many as it may have; close some. SANDGLASS_LIVE_SOCKETS_PER_SESSION sets the number.`
    case 'perAddress':
      return `${limit} tabs are open from this address, which is as many as it may have; close some. SANDGLASS_LIVE_SOCKETS_PER_ADDRESS sets the number.`
    case 'total':
      return `${limit} tabs of this console are open, which is as many as it serves; try again later. SANDGLASS_LIVE_SOCKETS sets the number.`
  }
}
