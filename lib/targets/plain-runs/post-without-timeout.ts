/** A POST whose answer may take hours: `fetch` gives up after five minutes without a header, this one never does. */
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { type ProcessApiEndpoint, refusal, targetHeaders } from '@/lib/process-api/client'
import { TargetError } from '@/lib/process-api/problem'

const maxResponseBytes = 64 * 1024 * 1024
/** How often a connection that says nothing is asked whether it still lives. */
const keepAliveIntervalMs = 30_000

/**
 * The answer's JSON.
 * @throws ApiError for what the target refused, TargetError where it cannot be reached or breaks off
 */
export async function postWithoutTimeout(endpoint: ProcessApiEndpoint, url: string, body: unknown): Promise<unknown> {
  const answer = await post(new URL(url), targetHeaders(endpoint.apiKey), JSON.stringify(body))
  const text = await readText(answer)
  if (answer.statusCode !== 200) throw refusal(answer.statusCode ?? 0, text)
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

async function readText(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of answer) {
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
