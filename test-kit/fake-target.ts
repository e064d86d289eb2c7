/** A fake target: one sandbox with one command whose log the test writes, with or without extensions. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { JournalRef } from '@/lib/live/protocol'
import { ProcessApiClient } from '@/lib/process-api/client'
import type { Execution } from '@/lib/process-api/execution'
import type { EngineEvent, JournalStream } from '@/lib/process-api/extensions'
import { encodeJournalHeader } from '@/lib/process-api/journal-frame'
import { plainExecution } from '@/lib/process-api/plain-shapes'

export const fakeIds = {
  sandboxId: '00000000-0000-4000-8000-000000000001',
  sessionId: 'build',
  commandId: '00000000-0000-4000-8000-000000000002',
}
export const fakeRef: JournalRef = { kind: 'command', ...fakeIds }

const command = `/process/session/${fakeIds.sessionId}/command/${fakeIds.commandId}`
const markers = { stdout: '\x01\x01\x01', stderr: '\x02\x02\x02' }

interface LogChunk {
  stream: JournalStream
  offset: number
  data: Buffer
}

export class FakeTarget {
  readonly followers = new Set<WebSocket>()
  readonly eventSockets = new Set<WebSocket>()
  readonly requests: string[] = []
  private chunks: LogChunk[] = []
  private size = 0
  private verdict: Execution | null = null
  private server: Server | null = null
  private port = 0
  private readonly upgrades = new WebSocketServer({ noServer: true })

  constructor(private readonly kind: 'extended' | 'plain') {}

  async start(): Promise<void> {
    this.server = createServer((request, response) => this.answer(request, response))
    this.server.on('upgrade', (request, socket, head) => {
      this.requests.push(`UPGRADE ${request.url}`)
      if (this.kind === 'plain' && request.url === '/api/events') {
        socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n404 page not found')
        return
      }
      const from = Number(new URL(request.url ?? '', 'http://target').searchParams.get('from') ?? 0)
      if (from > this.size) {
        socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n{"message":"bad request: no such offset"}')
        return
      }
      this.upgrades.handleUpgrade(request, socket, head, (opened) => this.upgraded(request, opened))
    })
    await new Promise<void>((resolve) => this.server?.listen(this.port, '127.0.0.1', resolve))
    this.port = (this.server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    this.breakStreams()
    for (const socket of this.eventSockets) socket.terminate()
    const { server } = this
    server?.closeAllConnections()
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()))
  }

  client(): ProcessApiClient {
    const base = `http://127.0.0.1:${this.port}`
    return new ProcessApiClient({ apiUrl: `${base}/api`, apiKey: 'key', toolboxUrl: `${base}/toolbox` })
  }

  print(text: string, stream: JournalStream = 'stdout'): void {
    const chunk = { stream, offset: this.size, data: Buffer.from(text) }
    this.chunks.push(chunk)
    this.size += chunk.data.byteLength
    for (const socket of this.followers) this.sendChunk(socket, chunk, 0)
  }

  end(exitCode: number): void {
    this.verdict = { ...plainExecution(exitCode), state: exitCode === 0 ? 'succeeded' : 'failed' }
    for (const socket of this.followers) this.sendEnd(socket)
  }

  publish(event: EngineEvent): void {
    for (const socket of this.eventSockets) socket.send(JSON.stringify(event))
  }

  /** Sends messages that are invalid in a follow stream. */
  babble(): void {
    for (const socket of this.followers) {
      socket.send('not json')
      socket.send('{"type":"surprise"}')
      socket.send(Buffer.from([9, 9, 9]))
    }
  }

  /** Drops all streams without a close frame, as a failing network does. */
  breakStreams(): void {
    for (const socket of this.followers) socket.terminate()
  }

  get written(): string {
    return Buffer.concat(this.chunks.map((chunk) => chunk.data)).toString()
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://target')
    this.requests.push(`${request.method} ${pathname}`)
    const json = (body: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const toolbox = `/toolbox/${fakeIds.sandboxId}`
    if (pathname === '/api/sandbox') json({ items: [sandbox], nextCursor: null })
    else if (pathname === `/api/sandbox/${fakeIds.sandboxId}`) json({ ...sandbox, env: {} })
    else if (pathname === `${toolbox}/process/session`) json([{ ...session, commands: [this.plainCommand()] }])
    else if (pathname === `${toolbox}${command}`) json(this.plainCommand())
    else if (pathname === `${toolbox}${command}/logs`) {
      response.writeHead(200, { 'content-type': 'text/plain' })
      for (const chunk of this.chunks) response.write(Buffer.concat([Buffer.from(markers[chunk.stream]), chunk.data]))
      response.end()
    } else if (this.kind === 'extended' && pathname === `${toolbox}/capabilities`) json(capabilities)
    else if (this.kind === 'extended' && pathname === `${toolbox}${command}/journal`) {
      const from = Number(searchParams.get('from') ?? 0)
      json({ size: this.size, from, to: from, truncated: false, droppedBytes: 0, chunks: [] })
    } else response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found')
  }

  private upgraded(request: IncomingMessage, socket: WebSocket): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://target')
    if (pathname === '/api/events') {
      this.eventSockets.add(socket)
      socket.on('close', () => this.eventSockets.delete(socket))
      return
    }
    this.followers.add(socket)
    socket.on('close', () => this.followers.delete(socket))
    const from = this.kind === 'extended' ? Number(searchParams.get('from')) : 0
    if (this.kind === 'extended') socket.send(JSON.stringify({ type: 'opened', from, size: this.size }))
    for (const chunk of this.chunks) this.sendChunk(socket, chunk, from)
    if (this.verdict) this.sendEnd(socket)
  }

  private sendChunk(socket: WebSocket, { stream, offset, data }: LogChunk, from: number): void {
    const skip = Math.max(0, from - offset)
    if (skip >= data.byteLength) return
    const head =
      this.kind === 'extended'
        ? encodeJournalHeader({ stream, channel: 0, offset: offset + skip, wallMs: Date.now() })
        : Buffer.from(markers[stream])
    socket.send(Buffer.concat([head, data.subarray(skip)]))
  }

  private sendEnd(socket: WebSocket): void {
    if (this.kind === 'extended') socket.send(JSON.stringify({ type: 'end', size: this.size, execution: this.verdict }))
    socket.close(1000)
  }

  private plainCommand() {
    const exitCode = this.verdict?.exitCode ?? undefined
    return { id: fakeIds.commandId, command: 'make', ...(exitCode === undefined ? {} : { exitCode }) }
  }
}

const sandbox = {
  id: fakeIds.sandboxId,
  organizationId: 'o',
  name: 'box',
  user: 'daytona',
  labels: {},
  public: false,
  networkBlockAll: false,
  target: 'local',
  cpu: 1,
  gpu: 0,
  memory: 1,
  disk: 1,
  state: 'started',
  toolboxProxyUrl: 'http://unused/toolbox',
}
const session = { sessionId: fakeIds.sessionId }
const capabilities = {
  engine: 'fake',
  version: '0',
  instanceId: 'i',
  isolation: { kind: 'none', network: 'shared', warnings: [] },
  extensions: { journal: 1, events: 1, runs: 1, signals: 1, input: 1 },
  limits: { journalBytes: 1, bodyBytes: 1, keptRuns: 1 },
}
