/** Writing answers: JSON, nothing, an error envelope, and JSON with one long text that is streamed. */
import type { ServerResponse } from 'node:http'
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

/** Answer with the full error envelope. Text of unknown errors goes to the process's log, never to a client. */
export function sendError(
  response: ServerResponse,
  error: unknown,
  request: { path: string; method: string },
  source: ErrorSource = 'DAYTONA_DAEMON',
): void {
  if (!(error instanceof ApiError)) console.error(`${request.method} ${request.path} failed:`, error)
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const envelope = toEnvelope(error, request, source)
  sendJson(response, envelope.statusCode, envelope)
}

/** Bytes that may wait in a response before its writer pauses. */
const highWater = 1024 * 1024
/** An answer is streamed from so many characters on; a shorter one is sent whole, with its length. */
const streamFrom = 256 * 1024

/**
 * Write with back-pressure. Returns false once the client has gone.
 * @param maxWaiting bytes that may wait before this does
 */
export async function writeChunk(
  response: ServerResponse,
  chunk: string | Uint8Array,
  maxWaiting = highWater,
): Promise<boolean> {
  if (response.destroyed || response.writableEnded) return false
  response.write(chunk)
  if (response.writableLength < maxWaiting) return true
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

/**
 * Answer `{...fields, [name]: "<text>"}` where the text is decoded from UTF-8 bytes as they are read, so that memory
 * does not grow with it. Invalid bytes become U+FFFD; a character cut between two chunks does not.
 */
export async function sendJsonWithText(
  response: ServerResponse,
  status: number,
  fields: Record<string, unknown>,
  name: string,
  text: AsyncIterable<Uint8Array>,
): Promise<void> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const escaped = (part: string) => JSON.stringify(part).slice(1, -1)
  let buffered = `${JSON.stringify({ ...fields, [name]: '' }).slice(0, -2)}`
  let streaming = false
  for await (const chunk of text) {
    buffered += escaped(decoder.decode(chunk, { stream: true }))
    if (buffered.length < streamFrom) continue
    if (!streaming) {
      streaming = true
      response.writeHead(status, { 'content-type': jsonType })
    }
    if (!(await writeChunk(response, buffered))) return
    buffered = ''
  }
  buffered += `${escaped(decoder.decode())}"}`
  if (streaming) {
    response.end(buffered)
    return
  }
  const bytes = Buffer.from(buffered)
  response.writeHead(status, { 'content-type': jsonType, 'content-length': bytes.length })
  response.end(bytes)
}
