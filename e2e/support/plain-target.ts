/**
 * A target without extensions: a proxy in front of an engine that hides everything beyond the process API. Extension
 * routes return 404 without an error envelope, extension fields are removed in both directions.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { z } from 'zod'
import { commandSchema, sessionSchema } from '@/lib/process-api/process'
import { ptyListSchema, ptySessionInfoSchema } from '@/lib/process-api/pty'

const extensionRoutes = [
  /\/capabilities$/,
  /\/events$/,
  /\/process\/(run|tree)(\/|$)/,
  /\/port\/listeners$/,
  /\/journal(\/|$)/,
  /\/interpreter\/context\/[^/]+\//,
  /\/(signal|stop|processes)$/,
  /\/pty-recording(\/|$)/,
  /\/process\/pty\/[^/]+\/(screen|recording)$/,
]

/** The request fields of the process API, by the end of the path. */
const sentFields: [RegExp, readonly string[]][] = [
  [/\/process\/session$/, ['sessionId']],
  [/\/exec$/, ['command', 'runAsync', 'async', 'suppressInputEcho']],
  [/\/input$/, ['data']],
]

const responseSchemas: [RegExp, z.ZodType][] = [
  [/\/process\/session$/, z.array(sessionSchema)],
  [/\/process\/session\/[^/]+$/, sessionSchema],
  [/\/command\/[^/]+$/, commandSchema],
  [/\/process\/pty$/, ptyListSchema],
  [/\/process\/pty\/[^/]+(\/resize)?$/, ptySessionInfoSchema],
]

export interface PlainTarget {
  apiUrl: string
  close(): Promise<void>
}

/** @param engine base URL of the proxied engine, such as `http://127.0.0.1:3986` */
export async function startPlainTarget(engine: string): Promise<PlainTarget> {
  const upstream = new URL(engine)
  const server: Server = createServer((incoming, response) => void forward(incoming, response))
  let base = ''

  async function forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (incoming.url ?? '').split('?')[0] ?? ''
    if (path !== '/api/sandbox' && isExtension(path)) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found')
      return
    }
    const isForm = /^multipart\//.test(incoming.headers['content-type'] ?? '')
    const body = isForm ? '' : narrowed(path, await textOf(incoming))
    const length = isForm ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const headers = { ...incoming.headers, host: upstream.host, ...length }
    const outgoing = request({
      host: upstream.hostname,
      port: upstream.port,
      path: incoming.url?.replace(/&links=true\b/, ''),
      method: incoming.method,
      headers,
    })
    outgoing.on('error', () => response.destroy())
    outgoing.on('response', (reply) => {
      if (!isJson(reply) || reply.statusCode !== 200) {
        response.writeHead(reply.statusCode ?? 502, reply.headers)
        reply.pipe(response)
        return
      }
      void textOf(reply).then((text) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(plain(path, text, base))
      })
    })
    if (isForm) incoming.pipe(outgoing)
    else outgoing.end(body)
  }

  server.on('upgrade', (incoming, client, head) => {
    if (isExtension((incoming.url ?? '').split('?')[0] ?? '')) {
      client.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n404 page not found')
      return
    }
    const outgoing = connect(Number(upstream.port), upstream.hostname)
    outgoing.write(
      `GET ${withoutSnapshot(incoming.url ?? '')} HTTP/1.1\r\n${incoming.rawHeaders
        .map((text, index) => text + (index % 2 === 0 ? ': ' : '\r\n'))
        .join('')}\r\n`,
    )
    outgoing.write(head)
    outgoing.pipe(client).pipe(outgoing)
    client.on('error', () => outgoing.destroy())
    outgoing.on('error', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    apiUrl: `${base}/api`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function isExtension(path: string): boolean {
  return extensionRoutes.some((route) => route.test(path))
}

/** Terminals of the protocol start with what is printed next. */
function withoutSnapshot(url: string): string {
  return /\/process\/pty\/[^/?]+\/connect/.test(url) ? (url.split('?')[0] ?? url) : url
}

function isJson(reply: IncomingMessage): boolean {
  return /application\/json/.test(reply.headers['content-type'] ?? '')
}

function narrowed(path: string, body: string): string {
  const fields = sentFields.find(([route]) => route.test(path))?.[1]
  if (!fields || body === '') return body
  return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(body)).filter(([name]) => fields.includes(name))))
}

/** Removes extension fields; sandboxes point to this proxy and do not report their isolation. */
function plain(path: string, text: string, base: string): string {
  const schema = responseSchemas.find(([route]) => route.test(path))?.[1]
  if (schema) return JSON.stringify(schema.parse(JSON.parse(text)))
  return JSON.stringify(JSON.parse(text), (name, value) => {
    if (name === 'toolboxProxyUrl') return `${base}/toolbox`
    return name === 'isolation' ? undefined : value
  })
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts).toString()
}
