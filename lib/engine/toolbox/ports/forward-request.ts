import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { bodyHeaders, endToEndHeaders, headerPairs } from '../../http/hop-headers'
import { pipe } from '../../http/pipe'
import { forwardedHeaders, invalidResponse, noResponse } from './port-response'

/** Maximum bytes of the response headers. */
const maxHeaderSize = 96 * 1024

/**
 * Forward a request to a program of the sandbox over a new connection, and stream its response back.
 * Resolves when the response is complete; rejects with a 502 if there was no response.
 * @param url path and query for the program
 */
export function forwardRequest(
  socket: Socket,
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (response.destroyed) {
    socket.destroy()
    return Promise.resolve()
  }
  const headers = headerPairs(request.rawHeaders)
  return new Promise((resolve, reject) => {
    const upstream = httpRequest({
      createConnection: () => socket,
      method: request.method,
      path: url,
      headers: [...endToEndHeaders(headers), ...bodyHeaders(headers), ['Connection', 'close']].flat(),
      setHost: false,
      maxHeaderSize,
    })
    response.once('close', () => {
      if (!response.writableFinished) upstream.destroy()
      resolve()
    })
    upstream.once('response', (upstreamResponse) => {
      try {
        response.writeHead(upstreamResponse.statusCode ?? 502, forwardedHeaders(upstreamResponse).flat())
      } catch (cause) {
        upstream.destroy()
        reject(invalidResponse(cause))
        return
      }
      // A streamed response starts before its first byte exists.
      if (upstreamResponse.headers['content-length'] === undefined) response.flushHeaders()
      // A truncated response must not look complete.
      upstreamResponse.once('error', () => response.destroy())
      pipe(upstreamResponse, response)
    })
    upstream.on('error', (cause) => {
      // A response that started before the whole body was sent still arrives; discard the rest of the body.
      stopBody()
      request.resume()
      if (!response.headersSent) reject(noResponse(cause))
    })
    // An unrequested 101 ends the connection without an error.
    upstream.once('close', () => {
      if (response.headersSent) return
      stopBody()
      request.resume()
      reject(noResponse())
    })
    const stopBody = pipe(request, upstream)
  })
}
