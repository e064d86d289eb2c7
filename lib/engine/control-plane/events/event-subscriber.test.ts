import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { EngineEvent } from '@/lib/process-api/extensions'
import { eventually } from '../../test/toolbox-fixture'
import { EventSubscriber, type ReadState } from './event-subscriber'

const cleanups: Array<() => void> = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

const sandboxId = 'one'
const deleted = (sessionId: string): EngineEvent => ({ type: 'session-deleted', sandboxId, sessionId })

function run(id: string, title: string): EngineEvent {
  return {
    type: 'run',
    sandboxId,
    run: { id, title } as Extract<EngineEvent, { type: 'run' }>['run'],
  }
}

/** A subscriber over a real connection, and what its client heard, in short. */
async function connected(readState: ReadState, stallMs?: number) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const heard: string[] = []
  client.on('message', (data) => {
    const event = JSON.parse(data.toString()) as EngineEvent
    heard.push(event.type === 'run' ? `${event.run.id} ${event.run.title.slice(0, 20)}` : event.type)
  })
  const [socket] = (await once(server, 'connection')) as [WebSocket]
  await once(client, 'open')
  cleanups.push(() => {
    client.terminate()
    server.close()
  })
  const subscriber = new EventSubscriber(socket, readState, stallMs)
  const send = (event: EngineEvent) => subscriber.send(event, JSON.stringify(event))
  return { subscriber, send, client, socket, heard }
}

const megabyte = 'x'.repeat(1024 ** 2)

test('who was behind is told the sandbox anew once it has caught up, and nothing is deleted unheard', async () => {
  const { send, client, socket, heard } = await connected(async function* () {
    yield run('a', 'as it is now')
  })
  client.pause()
  while (socket.bufferedAmount <= 1024 ** 2) send(run('a', megabyte))
  for (let i = 0; i < 100; i += 1) send(run('a', `left out ${i} ${megabyte}`))
  send(deleted('s'))
  expect(socket.bufferedAmount).toBeLessThan(3 * 1024 ** 2)
  client.resume()
  await eventually('it is told anew', () => heard.at(-1) === 'a as it is now')
  expect(heard).toContain('session-deleted')
  expect(heard.filter((it) => it.includes('left out'))).toEqual([])
})

test('what happens while a sandbox is told is not replaced by what was read before', async () => {
  let goOn = () => {}
  const held = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const { subscriber, send, heard } = await connected(async function* () {
    yield run('a', 'old')
    await held
    yield run('b', 'old')
    yield { type: 'command', sandboxId, sessionId: 's', command: { id: 'c' } } as EngineEvent
    yield run('d', 'old')
  })
  subscriber.tell(sandboxId)
  await eventually('it began', () => heard.includes('a old'))
  send(run('b', 'new'))
  send(deleted('s'))
  goOn()
  await eventually('it ended', () => heard.includes('d old'))
  expect(heard).toEqual(['a old', 'b new', 'session-deleted', 'd old'])
})

test('a sandbox is told no faster than it is read', async () => {
  let told = 0
  const { subscriber, client, heard } = await connected(async function* () {
    for (; told < 100; told += 1) yield run(`r${told}`, megabyte)
  })
  client.pause()
  subscriber.tell(sandboxId)
  // The kernel's buffers hold some; what is made beyond that waits for the reader.
  await eventually('the first ones', () => told > 0)
  const { socket } = await connected(async function* () {})
  await once(socket.ping() ?? socket, 'pong')
  expect(told).toBeLessThan(50)
  client.resume()
  await eventually('all of them', () => heard.length === 100)
})

test('who is behind and reads nothing for long is ended', async () => {
  const { send, client, socket } = await connected(async function* () {}, 0)
  client.pause()
  const closed = once(socket, 'close')
  while (socket.readyState === socket.OPEN && socket.bufferedAmount <= 20 * 1024 ** 2) {
    send(run('a', megabyte))
    await new Promise(setImmediate)
  }
  expect((await closed)[0]).toBe(1006)
  expect(socket.bufferedAmount).toBeLessThan(8 * 1024 ** 2)
})

test('who does not read is ended at the limit of what cannot be told anew', async () => {
  const { send, client, socket } = await connected(async function* () {})
  client.pause()
  const closed = once(socket, 'close')
  let sent = 0
  for (; sent < 40 && socket.readyState === socket.OPEN; sent += 1) {
    send(deleted(megabyte))
    await new Promise(setImmediate)
  }
  expect((await closed)[0]).toBe(1006)
  expect(sent).toBeGreaterThan(8)
})
