/** Input that never becomes a request for a route: bytes that are not HTTP, or headers that are too long. */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { ApiError, type ErrorSource, toEnvelope } from '@/lib/process-api/errors'
import { lingeringClose } from './lingering-close'

/** Respond with the usual error envelope and close the connection. */
export function handleInvalidRequests(server: Server, source: ErrorSource): void {
  const refused = new WeakSet<Duplex>()
  const open = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>()

  server.on('request', (request, response) => {
    const { socket } = request
    open.set(socket, { request, response })
    response.once('close', () => {
      if (open.get(socket)?.response === response) open.delete(socket)
    })
  })
  // A server may ignore an `Expect` header that it does not know.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))

  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (refused.has(socket)) return
    refused.add(socket)
    const current = open.get(socket)
    // After the start of another response, the client would take the error for a part of it.
    if (error.code === 'ECONNRESET' || !socket.writable || current?.response.headersSent) {
      socket.destroy()
      return
    }
    const [path = ''] = (current?.request.url ?? '').split('?')
    const envelope = toEnvelope(explain(error), { path, method: current?.request.method ?? '' }, source)
    socket.write(encodeResponse(envelope))
    lingeringClose(socket)
  })
}

function explain({ code, message }: NodeJS.ErrnoException): ApiError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new ApiError('PAYLOAD_TOO_LARGE', 'the request headers are too long')
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new ApiError('PAYLOAD_TOO_LARGE', 'the chunk extensions of the request are too long')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ApiError('REQUEST_TIMEOUT', 'the request headers did not arrive in time')
    default:
      return new ApiError('BAD_REQUEST', `this is not an HTTP request: ${message}`)
  }
}

function encodeResponse(envelope: { statusCode: number }): Buffer {
  const body = Buffer.from(JSON.stringify(envelope))
  const head = [
    `HTTP/1.1 ${envelope.statusCode} ${STATUS_CODES[envelope.statusCode] ?? 'Error'}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}
