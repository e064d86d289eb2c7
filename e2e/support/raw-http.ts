/** Raw HTTP for requests that a browser or `fetch` would correct or refuse: hosts, origins, unusual paths. */

import { readFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:http'

export interface RawResponse {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

export interface RawRequest {
  method?: string
  headers?: Record<string, string>
  body?: string
}

/** Sends one request to a console with `path` unchanged. An accepted upgrade returns status 101. */
export function sendRawRequest(consoleUrl: string, path: string, { method = 'GET', headers, body }: RawRequest = {}) {
  const { hostname, port } = new URL(consoleUrl)
  return new Promise<RawResponse>((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers: headers ?? {}, agent: false }, async (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      for await (const part of answer) text += part
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text })
    })
    sent.on('upgrade', (answer, socket) => {
      socket.destroy()
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: '' })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

export const upgradeHeaders = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

/** The `Cookie` header of a stored browser state. */
export async function cookieOf(storageState: string): Promise<string> {
  const { cookies }: { cookies: { name: string; value: string }[] } = JSON.parse(await readFile(storageState, 'utf8'))
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
}
