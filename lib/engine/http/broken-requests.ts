/** What never becomes a request that a route could answer: bytes that are no HTTP, heads that are too long. */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { ApiError, type ErrorSource, toEnvelope } from '@/lib/process-api/errors'
import { endSoon } from './end-soon'

/** Answer them with the envelope, as everything else that is refused, and end their connections. */
export function answerBrokenRequests(server: Server, source: ErrorSource): void {
  const refused = new WeakSet<Duplex>()
  const open = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>()

  server.on('request', (request, response) => {
    const { socket } = request
    open.set(socket, { request, response })
    response.once('close', () => {
      if (open.get(socket)?.response === response) open.delete(socket)
    })
  })
  // Nothing obliges a server to know an expectation; the request is answered as if it had none.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))

  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (refused.has(socket)) return
    refused.add(socket)
    const busy = open.get(socket)
    // Behind the beginning of another answer this one would be taken for a part of it.
    if (error.code === 'ECONNRESET' || !socket.writable || busy?.response.headersSent) {
      socket.destroy()
      return
    }
    const [path = ''] = (busy?.request.url ?? '').split('?')
    const envelope = toEnvelope(explain(error), { path, method: busy?.request.method ?? '' }, source)
    socket.write(answerBytes(envelope))
    endSoon(socket)
  })
}

function explain({ code, message }: NodeJS.ErrnoException): ApiError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new ApiError('PAYLOAD_TOO_LARGE', 'the head of the request is too long')
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new ApiError('PAYLOAD_TOO_LARGE', 'the chunk extensions of the request are too long')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ApiError('REQUEST_TIMEOUT', 'the head of the request did not arrive in time')
    default:
      return new ApiError('BAD_REQUEST', `this is no HTTP request: ${message}`)
  }
}

function answerBytes(envelope: { statusCode: number }): Buffer {
  const body = Buffer.from(JSON.stringify(envelope))
  const head = [
    `HTTP/1.1 ${envelope.statusCode} ${STATUS_CODES[envelope.statusCode] ?? 'Error'}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}
