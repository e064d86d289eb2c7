/** Connections of programs that have no key: they must not take descriptors or memory that others need. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { ExecuteResponse } from '@/lib/process-api/process'
import { type EngineFixture, startEngine } from './engine-fixture'
import { eventually } from './toolbox-fixture'

const fewFiles = 400

let engine: EngineFixture
const sockets: Array<Socket | WebSocket> = []

beforeAll(async () => {
  engine = await startEngine({ through: ['/bin/sh', '-c', `ulimit -n ${fewFiles}; exec "$@"`, 'sh'] })
})
afterAll(async () => {
  await engine.stop()
})
afterEach(() => {
  for (const socket of sockets.splice(0)) 'destroy' in socket ? socket.destroy() : socket.terminate()
})

/** A Socket.IO connection of an SDK before it has sent its key. */
async function openForEvents(): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${engine.port}/api/socket.io/?EIO=4&transport=websocket`)
  sockets.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'open')
  return socket
}

test('more connections than descriptors leave the engine usable', async () => {
  for (let i = 0; i < 2 * fewFiles; i += 1) {
    const socket = connect(engine.port, '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write('GET / HTTP/1.1\r\n')
  }
  const { id } = await engine.createSandbox()
  const answer = await engine.toolbox(id, 'POST', '/process/execute', { command: 'echo hi' })
  expect([answer.status, answer.json<ExecuteResponse>().result]).toEqual([200, 'hi\n'])
  expect((await engine.api('DELETE', `/sandbox/${id}`)).status).toBe(200)
  expect(engine.log).not.toContain('EMFILE')
})

test('the oldest event sockets without a key make room for new ones', async () => {
  const first = await openForEvents()
  const closed = once(first, 'close')
  for (let i = 0; i < 210; i += 1) await openForEvents()
  await closed
  const last = await openForEvents()
  const messages: string[] = []
  last.on('message', (message) => messages.push(String(message)))
  last.send(`40${JSON.stringify({ token: engine.apiKey })}`)
  await eventually('it is connected', () => messages.some((message) => message.startsWith('40{"sid"')))
})

test('an event socket without a key cannot send long messages', async () => {
  const socket = await openForEvents()
  const closed = once(socket, 'close')
  socket.send('x'.repeat(100_000))
  await closed
})
