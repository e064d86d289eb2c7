/** Programs that listen inside a sandbox, and clients of their ports. */
import { once } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import path from 'node:path'
import { build } from 'esbuild'
import { WebSocket } from 'ws'
import type { EngineFixture } from './engine-fixture'
import { eventually } from './toolbox-fixture'

export interface Visit {
  /** Host name and port, as in the address bar. */
  host?: string
  path?: string
  method?: string
  headers?: Record<string, string>
  body?: string | Buffer
}

export interface Visited {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The body as JSON, in the type that the caller expects. */
  json<Value>(): Value
}

/** A request as the program in the sandbox received it. */
export interface Seen {
  method: string
  url: string
  rawHeaders: string[]
}

/** A header as the program received it; null if it was missing. */
export function seenHeader(seen: Seen, name: string): string | null {
  const at = seen.rawHeaders.findIndex((it, index) => index % 2 === 0 && it.toLowerCase() === name)
  return at < 0 ? null : (seen.rawHeaders[at + 1] ?? null)
}

/** Send a request to the engine's port under any host name, like a browser that resolves the name to the loopback. */
export async function visit(
  port: number,
  { host, path: url = '/', method = 'GET', headers, body }: Visit,
): Promise<Visited> {
  const request = httpRequest({
    host: '127.0.0.1',
    port,
    path: url,
    method,
    headers: { host: host ?? `127.0.0.1:${port}`, ...headers },
    agent: false,
  })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const text = await textOf(response)
  return { status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) }
}

/** A WebSocket to the engine's port under any host name, not yet open. */
export function visitSocket(
  port: number,
  { host, path: url = '/', headers }: Visit,
  protocols: string[] = [],
): WebSocket {
  const name = host ?? `127.0.0.1:${port}`
  return new WebSocket(`ws://127.0.0.1:${port}${url}`, protocols, { headers: { host: name, ...headers } })
}

/** The response to a refused upgrade. */
export async function refusalOf(socket: WebSocket): Promise<{ status: number; text: string }> {
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  return { status: response.statusCode ?? 0, text: await textOf(response) }
}

/** Open the socket, send a text and a byte, and resolve with the program's view once both have been echoed. */
export async function echoThrough(socket: WebSocket): Promise<Seen> {
  const received: Array<string | Buffer> = []
  socket.on('message', (data: Buffer, isBinary) => received.push(isBinary ? data : data.toString()))
  await once(socket, 'open')
  socket.send('wörd')
  socket.send(Buffer.from([0, 255]))
  await eventually('both were echoed', () => received.length === 3)
  socket.close()
  await once(socket, 'close')
  const [seen, word, byte] = received
  if (word !== 'wörd' || !(byte instanceof Buffer) || !byte.equals(Buffer.from([0, 255]))) {
    throw new Error(`unexpected echo: ${received.join(' ')}`)
  }
  return JSON.parse(String(seen))
}

/** The part of an engine that is needed to start a program. */
type Host = Pick<EngineFixture, 'toolboxUrl' | 'apiKey' | 'toolbox'>

let bundled: Promise<Buffer> | null = null

/** The program bundled with its libraries, as one file. */
async function portServer(): Promise<Buffer> {
  bundled ??= build({
    entryPoints: [path.join(import.meta.dirname, 'programs', 'port-server.mjs')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
    external: ['bufferutil', 'utf-8-validate'],
  }).then(({ outputFiles }) => Buffer.from(outputFiles[0]?.contents ?? []))
  return await bundled
}

/** Start the program in a sandbox, and wait until it listens on all addresses. It ends with the sandbox. */
export async function startPortServer(
  engine: Host,
  sandboxId: string,
  addresses: ReadonlyArray<readonly [host: string, port: number]>,
): Promise<void> {
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(await portServer())]))
  await fetch(`${engine.toolboxUrl}/${sandboxId}/files/upload?path=port-server.cjs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${engine.apiKey}` },
    body: form,
  })
  const command = `node port-server.cjs '${JSON.stringify(addresses)}'`
  await startProgram(
    engine,
    sandboxId,
    command,
    addresses.map(([, port]) => port),
  )
}

/** Start a command in the background of a sandbox, and wait until its ports listen. */
export async function startProgram(
  engine: Host,
  sandboxId: string,
  command: string,
  ports: readonly number[],
): Promise<void> {
  const run = await engine.toolbox(sandboxId, 'POST', '/process/run', { kind: 'command', command })
  const { id } = run.json<{ id: string }>()
  await eventually(`${command.slice(0, 40)} listens on ${ports.join(', ')}`, async () => {
    const { state } = (await engine.toolbox(sandboxId, 'GET', `/process/run/${id}`)).json<{ state: string }>()
    if (state !== 'running') throw new Error(`it ended: ${await outputOf(engine, sandboxId, id)}`)
    const listed = (await engine.toolbox(sandboxId, 'GET', '/port')).json<{ ports: number[] }>()
    return ports.every((port) => listed.ports.includes(port))
  })
}

/** Free ports in the range that `in-use` supports. */
export async function portForProgram(): Promise<number> {
  return await eventually('a free port below 10,000', async () => {
    const server = createServer()
    server.listen(3000 + Math.floor(Math.random() * 7000))
    const [outcome] = await Promise.race([once(server, 'listening'), once(server, 'error').then(() => ['taken'])])
    const address = server.address()
    server.close()
    return outcome === 'taken' || address === null || typeof address === 'string' ? null : address.port
  })
}

async function outputOf(engine: Host, sandboxId: string, runId: string): Promise<string> {
  return (await engine.toolbox(sandboxId, 'GET', `/process/run/${runId}/journal/download`)).text
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
