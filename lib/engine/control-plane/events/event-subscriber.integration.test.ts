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

/** A subscriber over a real connection, and a summary of what its client received. */
async function connected(readState: ReadState, stallMs?: number) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const received: string[] = []
  client.on('message', (data) => {
    const event = JSON.parse(data.toString()) as EngineEvent
    received.push(event.type === 'run' ? `${event.run.id} ${event.run.title.slice(0, 20)}` : event.type)
  })
  const [socket] = (await once(server, 'connection')) as [WebSocket]
  await once(client, 'open')
  cleanups.push(() => {
    client.terminate()
    server.close()
  })
  const subscriber = new EventSubscriber(socket, readState, stallMs)
  const send = (event: EngineEvent) => subscriber.send(event, JSON.stringify(event))
  return { subscriber, send, client, socket, received: received }
}

const megabyte = 'x'.repeat(1024 ** 2)

test('a lagging subscriber gets the current state once it has caught up, and every deletion', async () => {
  const { send, client, socket, received } = await connected(async function* () {
    yield run('a', 'as it is now')
  })
  client.pause()
  while (socket.bufferedAmount <= 1024 ** 2) send(run('a', megabyte))
  for (let i = 0; i < 100; i += 1) send(run('a', `left out ${i} ${megabyte}`))
  send(deleted('s'))
  expect(socket.bufferedAmount).toBeLessThan(3 * 1024 ** 2)
  client.resume()
  await eventually('the state is sent', () => received.at(-1) === 'a as it is now')
  expect(received).toContain('session-deleted')
  expect(received.filter((it) => it.includes('left out'))).toEqual([])
})

test('events during a state replay are not overwritten by older state', async () => {
  let resume = () => {}
  const held = new Promise<void>((resolve) => {
    resume = resolve
  })
  const { subscriber, send, received } = await connected(async function* () {
    yield run('a', 'old')
    await held
    yield run('b', 'old')
    yield { type: 'command', sandboxId, sessionId: 's', command: { id: 'c' } } as EngineEvent
    yield run('d', 'old')
  })
  subscriber.requestReplay(sandboxId)
  await eventually('the replay has started', () => received.includes('a old'))
  send(run('b', 'new'))
  send(deleted('s'))
  resume()
  await eventually('the replay has ended', () => received.includes('d old'))
  expect(received).toEqual(['a old', 'b new', 'session-deleted', 'd old'])
})

test('a state replay respects backpressure', async () => {
  let produced = 0
  const { subscriber, client, received } = await connected(async function* () {
    for (; produced < 100; produced += 1) yield run(`r${produced}`, megabyte)
  })
  client.pause()
  subscriber.requestReplay(sandboxId)
  // Kernel buffers hold some events; the generator must wait before producing the rest.
  await eventually('the first events', () => produced > 0)
  const { socket } = await connected(async function* () {})
  await once(socket.ping() ?? socket, 'pong')
  expect(produced).toBeLessThan(50)
  client.resume()
  await eventually('all events', () => received.length === 100)
})

test('a lagging subscriber that reads nothing for too long is disconnected', async () => {
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

test('a subscriber that does not read is disconnected at the buffer limit for deletions', async () => {
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
