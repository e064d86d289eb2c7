/** Downloads of one file, streamed from the target to the browser without a copy in memory. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { closeSignal } from '@/lib/edge/close-signal'
import { type ProcessApiClient, watchingHeaders } from '@/lib/process-api/client'
import { refusal } from '@/lib/process-api/refusal'
import { attachment, type FileRequest, nameOf } from './file-requests'
import { readText, requestTarget } from './target-request'

const copiedHeaders = ['content-length', 'content-range', 'accept-ranges', 'etag', 'last-modified']

/**
 * Serves a file, or the requested range of it. If the target fails, the response is aborted, so that a partial file is
 * never mistaken for a complete one.
 * @throws ApiError, TargetError before anything was sent
 */
export async function serveFile(
  client: ProcessApiClient,
  { sandboxId, path }: FileRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const signal = closeSignal(response)
  const url = new URL(`${await client.toolboxUrlOf(sandboxId, { signal })}/files/download`)
  url.searchParams.set('path', path)
  const headers = watchingHeaders(client.endpoint.apiKey)
  for (const name of ['range', 'if-range'] as const) {
    const value = request.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  const upstream = await requestTarget(url, { headers, signal })
  const status = upstream.statusCode ?? 502
  if (status !== 200 && status !== 206 && status !== 416) throw refusal(status, await readText(upstream))
  response.statusCode = status
  for (const name of copiedHeaders) {
    const value = upstream.headers[name]
    if (value !== undefined) response.setHeader(name, value)
  }
  setFileHeaders(response, nameOf(path))
  await sendBody(request, response, upstream, signal)
}

/** A file of a sandbox is hostile: the browser must neither guess its type nor run it with our origin. */
export function setFileHeaders(response: ServerResponse, name: string, type = 'application/octet-stream'): void {
  response.setHeader('content-type', type)
  response.setHeader('content-disposition', attachment(name))
  response.setHeader('content-security-policy', "sandbox; default-src 'none'")
  response.setHeader('cache-control', 'private, no-store, no-transform')
}

/** Sends a body. A failure after the first byte aborts the response. */
export async function sendBody(
  request: IncomingMessage,
  response: ServerResponse,
  body: NodeJS.ReadableStream & { destroy(): void },
  signal: AbortSignal,
): Promise<void> {
  if (request.method === 'HEAD') {
    body.destroy()
    response.end()
    return
  }
  try {
    await pipeline(body, response)
  } catch (error) {
    if (!response.headersSent && !signal.aborted) throw error
    response.destroy()
  }
}
