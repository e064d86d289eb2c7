/**
 * A target whose every text is hostile: a proxy in front of an engine that appends control characters to all strings of
 * its responses except ids, times, addresses and enums. Pages must show those characters visibly, so that new fields are
 * covered without being listed here.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

/** A right-to-left override, a clear-screen sequence, a zero-width space, a tag character, a second line. */
export const hostileSuffix = '\u202egpj\x1b[2J\u200b\u{e0041}\nsecond line'

/** Fields that programs read. */
const exact =
  /^(id|.*(Id|At|Url|Offset|Cursor)|state|.*State|kind|reason|mode|origin|stream|streams|by|memory|cpu|disk|network|language|isolation|networkPolicy|unverifiedReason|action|wallMs|type|of|code|engine|version|target)$/

export interface HostileTarget {
  apiUrl: string
  /** Responds with an error to calls whose path has this ending, until called with null. */
  refuse(pathEnd: string | null): void
  close(): Promise<void>
}

/** @param engine base URL of the proxied engine, such as `http://127.0.0.1:3986` */
export async function startHostileTarget(engine: string): Promise<HostileTarget> {
  const upstream = new URL(engine)
  const server: Server = createServer((incoming, response) => void forward(incoming, response))
  let base = ''
  let refused: string | null = null

  async function forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (incoming.url ?? '').split('?')[0] ?? ''
    const body = await textOf(incoming)
    if (refused !== null && path.endsWith(refused)) {
      const error = poison({ statusCode: 409, code: 'CONFLICT', message: 'conflict: It cannot.' }, base)
      response.writeHead(409, { 'content-type': 'application/json' }).end(JSON.stringify(error))
      return
    }
    const outgoing = request({
      host: upstream.hostname,
      port: upstream.port,
      path: incoming.url,
      method: incoming.method,
      headers: { ...incoming.headers, host: upstream.host, 'content-length': String(Buffer.byteLength(body)) },
    })
    outgoing.on('error', () => response.destroy())
    outgoing.on('response', (reply) => {
      if (!/application\/json/.test(reply.headers['content-type'] ?? '')) {
        response.writeHead(reply.statusCode ?? 502, reply.headers)
        reply.pipe(response)
        return
      }
      void textOf(reply).then((text) => {
        response.writeHead(reply.statusCode ?? 502, { 'content-type': 'application/json' })
        response.end(text === '' ? '' : JSON.stringify(poison(JSON.parse(text), base)))
      })
    })
    outgoing.end(body)
  }

  server.on('upgrade', (incoming, client, head) => {
    // Without push events the console polls lists, which go through `forward`.
    if (/\/events$/.test((incoming.url ?? '').split('?')[0] ?? '')) {
      client.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n404 page not found')
      return
    }
    const outgoing = connect(Number(upstream.port), upstream.hostname)
    const headers = incoming.rawHeaders.map((text, index) => text + (index % 2 === 0 ? ': ' : '\r\n')).join('')
    outgoing.write(`GET ${incoming.url} HTTP/1.1\r\n${headers}\r\n`)
    outgoing.write(head)
    outgoing.pipe(client).pipe(outgoing)
    client.on('error', () => outgoing.destroy())
    outgoing.on('error', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    apiUrl: `${base}/api`,
    refuse: (pathEnd) => {
      refused = pathEnd
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function poison(value: unknown, base: string, name = ''): unknown {
  if (name === 'toolboxProxyUrl') return `${base}/toolbox`
  if (typeof value === 'string') return exact.test(name) ? value : `${value}${hostileSuffix}`
  if (Array.isArray(value)) return value.map((item) => poison(item, base, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, poison(item, base, key)]))
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts).toString()
}
