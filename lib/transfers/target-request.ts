/** Streamed requests to a target, with backpressure and without a limit on their length. */
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { TargetError } from '@/lib/process-api/problem'
import { refusal } from '@/lib/process-api/refusal'

const responseTimeoutMs = 10_000
const maxErrorBytes = 64 * 1024
const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) }

export interface TargetRequest {
  method?: 'GET' | 'POST'
  headers: Record<string, string>
  /** Sent as it arrives. The response is expected within 10 s after its end. */
  body?: Readable
  /** Aborts the request and the response. */
  signal: AbortSignal
}

/**
 * Sends a request and returns its response, whose body is not read yet.
 * @throws TargetError TARGET_TIMEOUT or TARGET_UNREACHABLE; the error of `body` if it fails
 */
export async function requestTarget(
  url: URL,
  { method = 'GET', headers, body, signal }: TargetRequest,
): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:'
  const agent = secure ? agents.https : agents.http
  const request = (secure ? https : http).request(url, { method, headers, signal, agent })
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', (cause) =>
      reject(
        cause instanceof TargetError
          ? cause
          : new TargetError('TARGET_UNREACHABLE', 'The target is not responding.', { cause }),
      ),
    )
  })
  // Observed below; a failed body must not leave it unhandled.
  response.catch(() => undefined)
  if (body) await Promise.race([pipeline(body, request), response])
  else request.end()
  const timer = setTimeout(() => {
    request.destroy(
      new TargetError('TARGET_TIMEOUT', `The target did not respond within ${responseTimeoutMs / 1000} s.`),
    )
  }, responseTimeoutMs)
  try {
    return await response
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Reads the body of a response without a use for it, so that its connection is free again.
 * @throws ApiError or TargetError for a status that is not 2xx
 */
export async function requireSuccess(response: IncomingMessage): Promise<void> {
  const text = await readText(response)
  const status = response.statusCode ?? 502
  if (status < 200 || status > 299) throw refusal(status, text)
}

/** The first 64 KB of a body as text. */
export async function readText(response: IncomingMessage): Promise<string> {
  let text = ''
  response.setEncoding('utf8')
  for await (const part of response) {
    text += part
    if (text.length > maxErrorBytes) break
  }
  return text
}
