/** A session and its commands, as a client sees them. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { expect } from 'vitest'
import type { WebSocket } from 'ws'
import { eventually } from '@/lib/engine/test/toolbox-fixture'
import type { SessionExecuteResponse } from '@/lib/process-api/process'
import { type Answer, deployment, type Sandbox, version, withKey } from './client'

export interface CommandBody {
  id: string
  command: string
  exitCode?: number
}

export class Session {
  constructor(
    private readonly sandbox: Sandbox,
    readonly id: string,
  ) {}

  post(route: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.sandbox.post(`/process/session/${this.id}/${route}`, body, headers)
  }

  async read(): Promise<{ sessionId: string; commands: CommandBody[] }> {
    return (await this.sandbox.request(`/process/session/${this.id}`)).json()
  }

  /** Run a command and wait for it. */
  async run(command: string, headers: Record<string, string> = {}): Promise<SessionExecuteResponse> {
    const answer = await this.post('exec', { command }, headers)
    expect(answer.status).toBe(200)
    return answer.json()
  }

  /** Start a command; resolves with its id. */
  async start(command: string, more: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.post('exec', { command, runAsync: true, ...more })
    expect(answer.status).toBe(202)
    return answer.json<SessionExecuteResponse>().cmdId
  }

  async input(id: string, data: string): Promise<void> {
    const answer = await this.post(`command/${id}/input`, { data })
    expect([answer.status, answer.text]).toEqual([204, ''])
  }

  async command(id: string): Promise<CommandBody> {
    const answer = await this.sandbox.request(`/process/session/${this.id}/command/${id}`)
    expect(answer.status).toBe(200)
    return answer.json()
  }

  ended(id: string): Promise<CommandBody> {
    return eventually(`command ${id} ends`, async () => {
      const command = await this.command(id)
      return command.exitCode === undefined ? null : command
    })
  }

  logsPath(id: string): string {
    return `/process/session/${this.id}/command/${id}/logs`
  }

  logs(id: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.sandbox.request(this.logsPath(id), { headers })
  }

  /** Wait until the log so far contains a text. */
  async prints(id: string, text: string): Promise<void> {
    await eventually(`${text} is printed`, async () =>
      (await this.logs(id)).json<{ stdout: string }>().stdout.includes(text),
    )
  }

  /** A socket with the log, connected. */
  async follow(id: string, { query = '?follow=true', headers = version }: FollowOptions = {}): Promise<Followed> {
    const socket = this.sandbox.webSocket(this.logsPath(id) + query, { headers: { ...withKey, ...headers } })
    const followed = new Followed(socket)
    await once(socket, 'open')
    return followed
  }

  /** Delete it; resolves with the status. */
  async remove(): Promise<number> {
    return (await this.sandbox.delete(`/process/session/${this.id}`)).status
  }
}

interface FollowOptions {
  query?: string
  headers?: Record<string, string>
}

export class Followed {
  readonly frames: Buffer[] = []
  /** When the last frame came, and when the close did. */
  lastAt = 0
  closedAt = 0
  private readonly closing: Promise<number>

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary && !deployment.reference) throw new Error('a log arrived as text')
      this.frames.push(data)
      this.lastAt = performance.now()
    })
    this.closing = new Promise((resolve) =>
      socket.once('close', (code) => {
        this.closedAt = performance.now()
        resolve(code)
      }),
    )
  }

  get bytes(): Buffer {
    return Buffer.concat(this.frames)
  }

  /** Stdout and stderr by the markers, one character per byte. */
  get streams(): { stdout: string; stderr: string } {
    return splitByMarkers(this.bytes)
  }

  /** Resolves with the close code. */
  closed(): Promise<number> {
    return this.closing
  }
}

/** By the rule of section 2.3, which any client can apply: a marker begins what belongs to a stream. */
export function splitByMarkers(bytes: Buffer): { stdout: string; stderr: string } {
  const streams = { stdout: '', stderr: '' }
  const [, ...pieces] = bytes.toString('latin1').split(/(\x01\x01\x01|\x02\x02\x02)/)
  for (let i = 0; i < pieces.length; i += 2) {
    streams[pieces[i] === '\x01\x01\x01' ? 'stdout' : 'stderr'] += pieces[i + 1] ?? ''
  }
  return streams
}

/** A new session with an id of its own. */
export async function openSession(sandbox: Sandbox): Promise<Session> {
  const id = `s-${randomUUID()}`
  expect((await sandbox.post('/process/session', { sessionId: id })).status).toBe(201)
  return new Session(sandbox, id)
}
