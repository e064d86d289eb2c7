/** A POST whose response may take hours: `fetch` times out after five minutes without headers, this one never does. */
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { type ProcessApiEndpoint, targetHeaders } from '@/lib/process-api/client'
import { TargetError } from '@/lib/process-api/problem'
import { refusal } from '@/lib/process-api/refusal'

const maxResponseBytes = 64 * 1024 * 1024
/** Delay of TCP keep-alive probes on a silent connection. */
const keepAliveIntervalMs = 30_000

/**
 * Returns the JSON of the response.
 * @throws ApiError if the target rejects the request, TargetError if it is unreachable or the connection is lost
 */
export async function postWithoutTimeout(endpoint: ProcessApiEndpoint, url: string, body: unknown): Promise<unknown> {
  const response = await post(new URL(url), targetHeaders(endpoint.apiKey), JSON.stringify(body))
  const text = await readText(response)
  if (response.statusCode !== 200) throw refusal(response.statusCode ?? 0, text)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TargetError('TARGET_BAD_RESPONSE', 'The target sent a response that does not match the process API.', {
      cause,
    })
  }
}

function post(url: URL, headers: Record<string, string>, body: string): Promise<IncomingMessage> {
  const request = (url.protocol === 'https:' ? https : http).request(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    agent: false,
  })
  return new Promise((resolve, reject) => {
    request.once('socket', (socket) => socket.setKeepAlive(true, keepAliveIntervalMs))
    request.once('response', resolve)
    request.once('error', (cause) => reject(connectionLost(cause)))
    request.end(body)
  })
}

async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of response) {
      parts.push(part)
      bytes += part.length
      if (bytes > maxResponseBytes) {
        throw new TargetError('TARGET_BAD_RESPONSE', 'The target sent a response that is too large for the console.')
      }
    }
  } catch (cause) {
    throw cause instanceof TargetError ? cause : connectionLost(cause)
  }
  return Buffer.concat(parts).toString('utf8')
}

function connectionLost(cause: unknown): TargetError {
  return new TargetError('TARGET_UNREACHABLE', 'The connection to the target was lost.', { cause })
}
