/**
 * Forwards downloads of files with two buffers that are used over and over. Through `http.request`, each 64 KiB of a file
 * gets a buffer of its own and passes a parser and two streams, which takes three times as long as the copying itself.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OnReadOpts, Socket } from 'node:net'
import type { ProxyTarget } from './proxy-target'
import { type ResponseHead, readResponseHead } from './response-head'

const bufferBytes = 512 * 1024

/** Response headers of a toolbox are shorter than this. */
const maxHeadBytes = 64 * 1024

/** `unseen`: the toolbox cannot have acted on the request. `lost`: it closed the connection before it had responded. */
export type RelayOutcome = 'done' | 'unseen' | 'lost'

/** Whether a request downloads a file and can be forwarded here. */
export function isDownload({ url }: ProxyTarget, { method, headers }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  return method === 'GET' && !hasBody && /^\/files\/download\/?\?[\x21-\xff]*$/.test(url)
}

/** Forward one download. Never rejects; `response` is complete or destroyed after `done`. */
export function relayDownload(
  target: ProxyTarget,
  connect: (onread: OnReadOpts) => Socket,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<RelayOutcome> {
  return new Promise((resolve) => {
    const relay = new Relay(target, response, resolve)
    const socket = connect({
      buffer: () => relay.nextBuffer(),
      callback: (length, buffer) => relay.read(buffer.subarray(0, length)),
    })
    relay.begin(socket, headOf(target, request))
  })
}

function headOf(target: ProxyTarget, request: IncomingMessage): string {
  const headers = [...target.headers.toToolbox(request.rawHeaders, false), ['Connection', 'close']]
  const lines = [`GET ${target.url} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)]
  return `${lines.join('\r\n')}\r\n\r\n`
}

class Relay {
  private next = Buffer.allocUnsafeSlow(bufferBytes)
  private other = Buffer.allocUnsafeSlow(bufferBytes)
  /** Buffers whose bytes the client's connection does not have yet. */
  private busy = 0
  private socket: Socket | null = null
  private isConnected = false
  /** Bytes of the response's head so far; null once the head is complete. */
  private head: Buffer | null = Buffer.alloc(0)
  /** Bytes of the body that are still to come. */
  private left = 0
  private readonly onClientClosed = () => {
    this.socket?.destroy()
    this.resolve('done')
  }

  constructor(
    private readonly target: ProxyTarget,
    private readonly response: ServerResponse,
    private readonly resolve: (outcome: RelayOutcome) => void,
  ) {}

  begin(socket: Socket, requestHead: string): void {
    this.socket = socket
    socket.once('connect', () => {
      this.isConnected = true
    })
    // `close` follows.
    socket.on('error', () => socket.destroy())
    socket.on('end', () => socket.destroy())
    socket.once('close', () => this.onUpstreamClosed())
    this.response.once('close', this.onClientClosed)
    socket.write(requestHead, 'latin1')
    socket.resume()
  }

  nextBuffer(): Buffer {
    return this.next
  }

  /** Called with what was read into a buffer. Returns false to pause until the next buffer has been sent. */
  read(bytes: Uint8Array): boolean {
    const filled = this.next
    this.next = this.other
    this.other = filled
    if (this.response.destroyed) return false
    try {
      this.accept(bytes)
    } catch {
      this.socket?.destroy()
      return false
    }
    return this.busy < 2
  }

  private accept(bytes: Uint8Array): void {
    if (this.head === null) {
      this.send(bytes)
      return
    }
    this.head = Buffer.concat([this.head, bytes])
    const found = readResponseHead(this.head)
    if (found === null) {
      if (this.head.length > maxHeadBytes) throw new Error('the head of the response is too long')
      return
    }
    const body = this.head.subarray(found.length)
    // An interim response; the real one follows.
    if (found.statusCode < 200) {
      this.head = Buffer.alloc(0)
      if (body.length > 0) this.accept(body)
      return
    }
    this.head = null
    this.writeHead(found)
    this.send(body)
  }

  private writeHead({ statusCode, rawHeaders, contentLength }: ResponseHead): void {
    this.left = contentLength
    const { response } = this
    const reflectsOrigin = response.hasHeader('access-control-allow-origin')
    response.writeHead(statusCode, this.target.headers.toClient(rawHeaders, reflectsOrigin).flat())
    if (contentLength === 0) response.end()
  }

  /** Pass bytes of the body on. More than were announced would be taken for the next response, so they are dropped. */
  private send(bytes: Uint8Array): void {
    const part = bytes.subarray(0, this.left)
    if (part.length === 0) return
    this.left -= part.length
    this.busy += 1
    this.response.write(part, () => {
      this.busy -= 1
      this.socket?.resume()
    })
    if (this.left === 0) this.response.end()
  }

  private onUpstreamClosed(): void {
    if (this.response.writableEnded) return
    // An incomplete response must not look complete, so the client's connection is closed.
    if (this.head === null) this.response.destroy()
    else {
      this.response.off('close', this.onClientClosed)
      this.resolve(this.isConnected ? 'lost' : 'unseen')
    }
  }
}
