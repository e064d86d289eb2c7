import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { bodyHeaders, endToEndHeaders, headerPairs } from '../../http/hop-headers'
import { pipe } from '../../http/pipe'
import { answerHeaders, invalidAnswer, noAnswer } from './port-answer'

/** Longest head of a program's answer. */
const maxHeaderSize = 96 * 1024

/**
 * Pass one request to a program of the sandbox over a connection of its own, and its answer back, both streamed.
 * Resolves when the answer is over; rejects with a 502 while nothing was answered yet.
 * @param url path and query for the program
 */
export function passToPort(
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
    upstream.once('response', (answer) => {
      try {
        response.writeHead(answer.statusCode ?? 502, answerHeaders(answer).flat())
      } catch (cause) {
        upstream.destroy()
        reject(invalidAnswer(cause))
        return
      }
      // A stream begins before its first byte is there.
      if (answer.headers['content-length'] === undefined) response.flushHeaders()
      // Half an answer must not look whole.
      answer.once('error', () => response.destroy())
      pipe(answer, response)
    })
    upstream.on('error', (cause) => {
      // An answer that began before the whole body was sent still arrives; what is left of the body is dropped.
      stopBody()
      request.resume()
      if (!response.headersSent) reject(noAnswer(cause))
    })
    // A 101 that nobody asked for ends the connection without an error.
    upstream.once('close', () => {
      if (response.headersSent) return
      stopBody()
      request.resume()
      reject(noAnswer())
    })
    const stopBody = pipe(request, upstream)
  })
}
