/** Writing responses: JSON, an empty body, an error envelope, or chunks with backpressure. */
import type { ServerResponse } from 'node:http'
import { log } from '@/lib/log/log'
import { ApiError, type ErrorSource, toEnvelope } from '@/lib/process-api/errors'

const jsonType = 'application/json; charset=utf-8'

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': jsonType, 'content-length': bytes.length })
  response.end(bytes)
}

export function sendEmpty(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 204 ? {} : { 'content-length': 0 })
  response.end()
}

/** Respond with the full error envelope. The text of unknown errors goes to the log, never to a client. */
export function sendError(
  response: ServerResponse,
  error: unknown,
  request: { path: string; method: string },
  source: ErrorSource = 'DAYTONA_DAEMON',
): void {
  if (!(error instanceof ApiError)) log.error({ err: error }, `${request.method} ${request.path} failed`)
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const envelope = toEnvelope(error, request, source)
  sendJson(response, envelope.statusCode, envelope)
}

/** Bytes buffered in a response before its writer pauses. */
const highWaterMark = 1024 * 1024

/**
 * Write with backpressure. Resolves with false once the client has disconnected.
 * @param maxBufferedBytes wait for the client when more bytes than this are buffered
 */
export async function writeChunk(
  response: ServerResponse,
  chunk: string | Uint8Array,
  maxBufferedBytes = highWaterMark,
): Promise<boolean> {
  if (response.destroyed || response.writableEnded) return false
  response.write(chunk)
  if (response.writableLength < maxBufferedBytes) return true
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
  return !response.destroyed
}
