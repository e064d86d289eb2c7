import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { type EngineEvent, engineEventSchema } from '@/lib/process-api/extensions'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { type EngineFixture, startEngine } from './engine-fixture'
import { toolboxOf } from './host-processes'
import { eventually } from './toolbox-fixture'

let engine: EngineFixture
beforeAll(async () => {
  engine = await startEngine({ warm: 1 })
})
afterAll(() => engine.stop())

/** A subscriber of `/api/events` and the events that it received. */
async function subscribe(): Promise<{ socket: WebSocket; heard: EngineEvent[] }> {
  const socket = engine.webSocket('/api/events')
  const heard: EngineEvent[] = []
  socket.on('message', (data) => heard.push(engineEventSchema.parse(JSON.parse(data.toString()))))
  await once(socket, 'open')
  return { socket, heard }
}

describe('GET /api/events', () => {
  test('reports the life of a sandbox, of its sessions, commands and runs', async () => {
    const { socket, heard } = await subscribe()
    const { id } = await engine.createSandbox({ name: 'watched' })
    const states = () =>
      heard.flatMap((event) => (event.type === 'sandbox' && event.sandbox.id === id ? [event.sandbox.state] : []))
    await eventually('the sandbox started', () => states().includes('started'))

    await engine.api('PUT', `/sandbox/${id}/labels`, { labels: { new: 'label' } })
    await eventually('its labels', () =>
      heard.some((event) => event.type === 'sandbox' && event.sandbox.labels.new === 'label'),
    )
    await engine.toolbox(id, 'POST', '/process/session', { sessionId: 's' })
    await engine.toolbox(id, 'POST', '/process/session/s/exec', { command: 'echo hi; sleep 0.1; exit 4' })
    await engine.toolbox(id, 'POST', '/process/execute', { command: 'exit 5' })
    await eventually('its session', () =>
      heard.some((event) => event.type === 'session' && event.sandboxId === id && event.session.sessionId === 's'),
    )
    await eventually('its command, running and then ended', () => {
      const seen = heard.flatMap((event) => (event.type === 'command' && event.sandboxId === id ? [event.command] : []))
      return seen.some((it) => it.state === 'running') && seen.at(-1)?.exitCode === 4
    })
    await eventually('its run', () =>
      heard.some((event) => event.type === 'run' && event.sandboxId === id && event.run.exitCode === 5),
    )
    await engine.toolbox(id, 'DELETE', '/process/session/s')
    await eventually('the session is deleted', () => heard.some((event) => event.type === 'session-deleted'))
    await engine.api('POST', `/sandbox/${id}/stop`)
    await engine.api('DELETE', `/sandbox/${id}`)
    await eventually('the deletion', () =>
      heard.some((event) => event.type === 'sandbox-deleted' && event.sandboxId === id),
    )
    expect(states().filter((state, index, all) => state !== all[index - 1])).toEqual([
      'starting',
      'started',
      'stopping',
      'stopped',
      'destroying',
    ])
    socket.close()
  })

  test('a later subscriber receives the current state at once', async () => {
    const { id } = await engine.createSandbox()
    const started = await engine.toolbox(id, 'POST', '/process/run', { kind: 'command', command: 'sleep 994' })
    const run = started.json<{ id: string }>()
    const { socket, heard } = await subscribe()
    await eventually('the running run', () => heard.some((event) => event.type === 'run' && event.run.id === run.id))
    socket.close()
    await engine.api('DELETE', `/sandbox/${id}`)
  })

  test('events of a toolbox arrive again after it was restarted', async () => {
    const { socket, heard } = await subscribe()
    const { id } = await engine.createSandbox()
    await engine.toolbox(id, 'POST', '/process/run', { kind: 'command', command: 'sleep 993' })
    await eventually('the run', () => heard.some((event) => event.type === 'run' && event.run.state === 'running'))
    process.kill(toolboxOf(id), 'SIGKILL')
    await eventually('the run is lost', () =>
      heard.some((event) => event.type === 'run' && event.sandboxId === id && event.run.state === 'lost'),
    )
    socket.close()
    await engine.api('DELETE', `/sandbox/${id}`)
  })

  test('without the key there is no 101, and an engine that shuts down closes with a reason', async () => {
    const refused = engine.webSocket('/api/events', [], { authorization: 'Bearer no' })
    const [, response] = (await once(refused, 'unexpected-response')) as [unknown, IncomingMessage]
    expect(response.statusCode).toBe(401)
    const unknown = engine.webSocket('/api/nothing')
    const [, missing] = (await once(unknown, 'unexpected-response')) as [unknown, IncomingMessage]
    expect(missing.statusCode).toBe(404)
    const { socket } = await subscribe()
    const closed = once(socket, 'close')
    await engine.terminate()
    expect((await closed)[0]).toBe(1001)
    await engine.restart()
  })
})

describe('Socket.IO', () => {
  /** One connection by hand, like the SDK's; frames are texts. */
  async function connect(
    token: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ socket: WebSocket; frames: string[] }> {
    const query = 'source=sdk-typescript&sdkVersion=0.216.0&EIO=4&transport=websocket'
    const socket = engine.webSocket(`/api/socket.io/?${query}`, [], { authorization: '', ...headers })
    const frames: string[] = []
    socket.on('message', (data) => frames.push(data.toString()))
    await eventually('the handshake', () => frames.some((frame) => frame.startsWith('0{')))
    socket.send(`40${JSON.stringify({ token })}`)
    return { socket, frames }
  }

  test('the handshake, the two events with settled states, and nothing for a wrong token', async () => {
    const { socket, frames } = await connect(engine.apiKey)
    expect(JSON.parse(frames[0]?.slice(1) ?? '')).toMatchObject({
      upgrades: [],
      pingInterval: 25_000,
      pingTimeout: 20_000,
    })
    await eventually('the connection is accepted', () => frames.some((frame) => frame.startsWith('40{"sid"')))
    const stranger = await connect('no')
    await eventually('the connection is refused', () =>
      stranger.frames.some((frame) => frame.startsWith('44{"message"')),
    )

    const { id } = await engine.createSandbox()
    await engine.api('POST', `/sandbox/${id}/stop`)
    const events = () =>
      frames.filter((frame) => frame.startsWith('42')).map((frame) => JSON.parse(frame.slice(2)) as [string, unknown])
    const created = await eventually('created', () =>
      events().find(([name, dto]) => name === 'sandbox.created' && (dto as SandboxDto).id === id),
    )
    expect(created[1]).toMatchObject({ state: 'started' })
    const changes = () =>
      events().flatMap(([name, body]) => {
        const change = body as { sandbox: SandboxDto; oldState: string; newState: string }
        return name === 'sandbox.state.updated' && change.sandbox.id === id
          ? [`${change.oldState} ${change.newState}`]
          : []
      })
    await eventually('stopped', () => changes().includes('started stopped'))
    expect(changes()).toEqual(['starting started', 'started stopped'])
    expect(stranger.frames.some((frame) => frame.startsWith('42'))).toBe(false)
    socket.close()
    stranger.socket.close()
    await engine.api('DELETE', `/sandbox/${id}`)
  })

  test('a foreign host gets no 101', async () => {
    const socket = engine.webSocket('/api/socket.io/?EIO=4&transport=websocket', [], { host: 'evil.example' })
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    expect(response.statusCode).toBe(403)
  })

  test('a script with the official SDK exits by itself within a second of its last call', async () => {
    const program = path.join(import.meta.dirname, 'programs', 'sdk-short.mjs')
    const child = spawn(process.execPath, [program], {
      env: { ...process.env, DAYTONA_API_URL: engine.apiUrl, DAYTONA_API_KEY: engine.apiKey },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    let lastAt = 0
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part
      lastAt = performance.now()
    })
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    const [code] = await once(child, 'close')
    expect([code, text]).toEqual([0, 'started 1\nstopped\n'])
    expect(performance.now() - lastAt).toBeLessThan(20_000)
  })
})
