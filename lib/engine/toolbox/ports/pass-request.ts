import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { ApiError } from '@/lib/process-api/errors'
import { bodyHeaders, endToEnd, headerPairs } from '../http/hop-headers'
import { pump } from '../http/pump'

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
      headers: [...endToEnd(headers), ...bodyHeaders(headers), ['Connection', 'close']].flat(),
      setHost: false,
      maxHeaderSize,
    })
    response.once('close', () => {
      if (!response.writableFinished) upstream.destroy()
      resolve()
    })
    upstream.once('response', (answer) => {
      try {
        response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answerHeaders(answer))
      } catch (cause) {
        upstream.destroy()
        reject(noHttp(cause))
        return
      }
      // A stream begins before its first byte is there.
      if (answer.headers['content-length'] === undefined) response.flushHeaders()
      // Half an answer must not look whole.
      answer.once('error', () => response.destroy())
      pump(answer, response)
    })
    upstream.on('error', (cause) => {
      // An answer that began before the whole body was sent still arrives; what is left of the body is dropped.
      stopBody()
      request.resume()
      if (!response.headersSent) reject(noHttp(cause))
    })
    const stopBody = pump(request, upstream)
  })
}

function answerHeaders(answer: IncomingMessage): string[] {
  return endToEnd(headerPairs(answer.rawHeaders)).flat()
}

function noHttp(cause: unknown): ApiError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const sentence = code.startsWith('HPE_')
    ? 'the program on this port does not answer in HTTP'
    : 'the program on this port ended the connection before it answered'
  return new ApiError('BAD_GATEWAY', sentence, {}, { cause })
}
