/** Passing on what another server answers to an upgrade. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { HeaderPair } from './hop-headers'
import { upgradeResponse } from './upgrade-error'

/** Write the head of a 101. @param headers end-to-end headers for the client */
export function writeSwitching(client: Duplex, answer: IncomingMessage, headers: readonly HeaderPair[]): void {
  const all = [...headers, ['Connection', 'Upgrade'], ['Upgrade', answer.headers.upgrade ?? 'websocket']]
  const lines = ['HTTP/1.1 101 Switching Protocols', ...all.map(([name, value]) => `${name}: ${value}`)]
  client.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

/**
 * Pass on any other answer; the connection ends with it. Throws where its head cannot be passed on, and nothing was
 * written then.
 */
export function passRefusal(
  client: Duplex,
  request: IncomingMessage,
  answer: IncomingMessage,
  headers: readonly HeaderPair[],
): void {
  const response = upgradeResponse(client, request)
  if (!response) return
  try {
    response.writeHead(answer.statusCode ?? 502, headers.flat())
  } catch (cause) {
    if (response.socket) response.detachSocket(response.socket)
    throw cause
  }
  // Half an answer must not look whole.
  answer.once('error', () => client.destroy())
  answer.pipe(response)
}
