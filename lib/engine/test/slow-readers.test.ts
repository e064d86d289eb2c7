import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { type EngineEvent, engineEventSchema } from '@/lib/process-api/extensions'
import type { SessionDetail, SessionExecuteResponse } from '@/lib/process-api/process'
import { type EngineFixture, startEngine } from './engine-fixture'
import { toolboxOf } from './host-processes'
import { eventually } from './toolbox-fixture'

const mebibyte = 1024 ** 2
const commandCount = 5_000
const readers = 60

let engine: EngineFixture
let id: string
beforeAll(async () => {
  engine = await startEngine({ isolation: 'none' })
  id = (await engine.createSandbox()).id
  await engine.toolbox(id, 'POST', '/process/session', { sessionId: 's' })
}, 60_000)
afterAll(() => engine.stop())

function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}

async function exec(command: string): Promise<string> {
  const answer = await engine.toolbox(id, 'POST', '/process/session/s/exec', { command, runAsync: true })
  expect(answer.status).toBe(202)
  return answer.json<SessionExecuteResponse>().cmdId
}

/** Send a request, wait for the first bytes of the response, and stop reading. */
async function askAndStopReading(route: string): Promise<Socket> {
  const socket = connect(engine.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(
    `GET ${new URL(engine.toolboxUrl).pathname}/${id}${route} HTTP/1.1\r\nHost: 127.0.0.1:${engine.port}\r\n` +
      `Authorization: Bearer ${engine.apiKey}\r\n\r\n`,
  )
  await once(socket, 'readable')
  return socket
}

async function subscribe(): Promise<{ socket: WebSocket; heard: EngineEvent[] }> {
  const socket = engine.webSocket('/api/events')
  const heard: EngineEvent[] = []
  socket.on('message', (data) => heard.push(engineEventSchema.parse(JSON.parse(data.toString()))))
  await once(socket, 'open')
  return { socket, heard }
}

/** The commands that a subscriber has received so far. */
function commandsOf(heard: readonly EngineEvent[]) {
  return new Map(heard.flatMap((event) => (event.type === 'command' ? [[event.command.id, event.command]] : [])))
}

async function expectFlatMemory(pid: number): Promise<void> {
  const whole = (await engine.toolbox(id, 'GET', '/process/session')).text.length
  expect(whole).toBeGreaterThan(10 * mebibyte)
  const before = residentBytes(pid)
  const sockets = await Promise.all(Array.from({ length: readers }, () => askAndStopReading('/process/session')))
  try {
    expect((await engine.api('GET', '/health')).status).toBe(200)
    // Buffered completely, the responses alone would take several times as much.
    expect(residentBytes(pid) - before).toBeLessThan((readers * whole) / 3)
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

describe('thousands of commands and three long ones', () => {
  let ids: string[] = []

  test('do not disconnect a subscriber that reads, and each is reported with at most 4 KiB of its text', async () => {
    const early = await subscribe()
    ids = [await exec('read line')]
    for (let i = 0; i < 3; i += 1) ids.push(await exec(`: ${'x'.repeat(mebibyte - 2)}`))
    for (let left = commandCount; left > 0; left -= 50) {
      ids.push(...(await Promise.all(Array.from({ length: 50 }, () => exec(`: ${'y'.repeat(2_000)}`)))))
    }
    const late = await subscribe()
    for (const { socket, heard } of [early, late]) {
      await eventually('all commands', () => commandsOf(heard).size === ids.length, 60_000)
      const texts = [...commandsOf(heard).values()].map((it) => Buffer.byteLength(it.command))
      expect(Math.max(...texts)).toBe(4096)
      expect(socket.readyState).toBe(socket.OPEN)
      socket.close()
    }
  }, 120_000)

  test('make neither the toolbox nor the engine buffer lists for clients that do not read', async () => {
    await expectFlatMemory(engine.pid)
    await expectFlatMemory(toolboxOf(id))
  }, 120_000)

  test('nor the engine once the sandbox is stopped', async () => {
    expect((await engine.api('POST', `/sandbox/${id}/stop`)).status).toBe(200)
    await expectFlatMemory(engine.pid)
    const detail = await engine.toolbox(id, 'GET', '/process/session/s')
    expect(
      detail
        .json<SessionDetail>()
        .commands.map((it) => it.id)
        .sort(),
    ).toEqual(ids.toSorted())
    const long = await engine.toolbox(id, 'GET', `/process/session/s/command/${ids[1]}`)
    expect(long.json<{ command: string }>().command).toHaveLength(mebibyte)
  }, 120_000)
})
