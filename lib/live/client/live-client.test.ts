import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { encodeJournalHeader } from '@/lib/process-api/journal-frame'
import { type ClientMessage, creditStep, creditWindow, type JournalRef, type ServerMessage } from '../protocol'
import { type JournalSink, LiveClient } from './live-client'
import type { Wire, WireEvents } from './live-line'

/** Stands at the other end of the wire: what the page sent, and a way to answer. */
class FakeWire implements Wire {
  readonly sent: ClientMessage[] = []
  closed = false

  constructor(readonly events: WireEvents) {}

  send(data: string): void {
    this.sent.push(JSON.parse(data))
  }
  close(): void {
    this.closed = true
  }
  say(message: ServerMessage): void {
    this.events.message(JSON.stringify(message))
  }
  greet(build = 'one'): void {
    this.say({ t: 'hello', build, heartbeatMs: 20_000 })
  }
  bytes(channel: number, offset: number, text: string): void {
    const payload = new TextEncoder().encode(text)
    const frame = new Uint8Array(24 + payload.length)
    frame.set(encodeJournalHeader({ stream: 'stdout', channel, offset, wallMs: 1 }))
    frame.set(payload, 24)
    this.events.message(frame.buffer)
  }
  break(): void {
    this.events.closed()
  }
  opens() {
    return this.sent.filter((message) => message.t === 'open')
  }
}

const ref: JournalRef = { kind: 'run', sandboxId: 's', runId: 'r' }
let wires: FakeWire[]
let socket: LiveClient
let seen: string

function lastWire(): FakeWire {
  const wire = wires.at(-1)
  if (!wire) throw new Error('nothing was dialled')
  return wire
}

function sink(over: Partial<JournalSink> = {}): JournalSink {
  return {
    opened: () => undefined,
    data: (piece) => {
      seen += new TextDecoder().decode(piece.payload)
    },
    behind: () => undefined,
    ended: () => undefined,
    away: () => undefined,
    failed: () => undefined,
    replaced: () => undefined,
    ...over,
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  wires = []
  seen = ''
  socket = new LiveClient({
    random: () => 1,
    connect: (events) => {
      wires.push(new FakeWire(events))
      return lastWire()
    },
  })
})

afterEach(() => {
  socket.stop()
  vi.useRealTimers()
})

test('opens channels after the greeting and gives back credit when bytes were parsed', () => {
  socket.start()
  const subscription = socket.follow('local', ref, null, 0, sink())
  expect(lastWire().sent).toEqual([])
  lastWire().greet()
  expect(lastWire().opens()).toEqual([{ t: 'open', ch: 1, target: 'local', ref, from: 0, credit: creditWindow }])
  lastWire().bytes(1, 0, 'x'.repeat(creditStep))
  expect(lastWire().sent.some((message) => message.t === 'credit')).toBe(false)
  subscription.parsed(creditStep)
  expect(lastWire().sent.at(-1)).toEqual({ t: 'credit', ch: 1, bytes: creditStep })
})

test('a broken connection resumes at the next byte, without gap or duplicate', () => {
  socket.start()
  socket.follow('local', ref, null, 0, sink())
  lastWire().greet()
  lastWire().bytes(1, 0, 'hello ')
  lastWire().break()
  expect(socket.getConnection()).toMatchObject({ phase: 'waiting', retryAt: Date.now() + 400 })
  vi.advanceTimersByTime(400)
  expect(wires).toHaveLength(2)
  lastWire().greet()
  expect(socket.getConnection().phase).toBe('live')
  expect(lastWire().opens()[0]).toMatchObject({ from: 6 })
  lastWire().bytes(1, 3, 'lo world')
  expect(seen).toBe('hello world')
})

test('a gap is asked for again under a new channel number, and frames of the old one are ignored', () => {
  socket.start()
  socket.follow('local', ref, null, 0, sink())
  lastWire().greet()
  lastWire().bytes(1, 4, 'late')
  expect(lastWire().sent.slice(-2)).toMatchObject([
    { t: 'close', ch: 1 },
    { t: 'open', ch: 2, from: 0 },
  ])
  lastWire().bytes(1, 8, 'old')
  lastWire().bytes(2, 0, 'not ')
  lastWire().bytes(2, 4, 'late')
  expect(seen).toBe('not late')
})

test('a journal that became shorter is another one', () => {
  const replaced = vi.fn()
  socket.start()
  socket.follow('local', ref, null, 100, sink({ replaced }))
  lastWire().greet()
  lastWire().say({ t: 'opened', ch: 1, from: 100, size: 7 })
  expect(replaced).toHaveBeenCalledOnce()
  expect(lastWire().opens().at(-1)).toMatchObject({ ch: 2, from: 0 })
})

test('a socket that says nothing after a wake-up is replaced within two seconds', () => {
  socket.start()
  lastWire().greet()
  socket.probe()
  vi.advanceTimersByTime(1999)
  expect(wires).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(wires).toHaveLength(2)
  expect(wires[0]?.closed).toBe(true)
  expect(socket.getConnection().phase).toBe('waiting')
})

test('a socket that answers the probe stays', () => {
  socket.start()
  lastWire().greet()
  socket.probe()
  lastWire().say({ t: 'ping', n: 1 })
  vi.advanceTimersByTime(5000)
  expect(wires).toHaveLength(1)
  expect(socket.getConnection().phase).toBe('live')
})

test('a socket whose pings nobody answers is replaced, though it looks open', () => {
  socket.start()
  lastWire().greet()
  lastWire().say({ t: 'pong', n: 1 })
  vi.advanceTimersByTime(10_000)
  expect(lastWire().sent.at(-1)).toEqual({ t: 'ping', n: 2 })
  vi.advanceTimersByTime(5_000)
  expect(wires).toHaveLength(1)
  vi.advanceTimersByTime(5_000)
  expect(wires).toHaveLength(2)
  expect(wires[0]?.closed).toBe(true)
  expect(socket.getConnection().phase).toBe('waiting')
})

test('a socket that still brings bytes is not dead, however late its pong is', () => {
  socket.start()
  socket.follow('local', ref, null, 0, sink())
  lastWire().greet()
  lastWire().say({ t: 'opened', ch: 1, from: 0, size: 0 })
  for (let second = 0; second < 30; second += 1) {
    vi.advanceTimersByTime(1_000)
    lastWire().bytes(1, second, 'x')
  }
  expect(wires).toHaveLength(1)
})

test('the person can retry before the wait is over', () => {
  socket.start()
  lastWire().greet()
  lastWire().break()
  socket.retryNow()
  expect(wires).toHaveLength(2)
  vi.advanceTimersByTime(400)
  expect(wires).toHaveLength(2)
})

test('another build is noticed, the first one is not', () => {
  socket.start()
  lastWire().greet('one')
  expect(socket.getConnection().stale).toBe(false)
  lastWire().break()
  vi.advanceTimersByTime(400)
  lastWire().greet('two')
  expect(socket.getConnection().stale).toBe(true)
})

test('a watcher is subscribed again after each loss and told of both', () => {
  const said: string[] = []
  socket.start()
  socket.watch('local', { event: () => said.push('event'), up: () => said.push('up'), down: () => said.push('down') })
  lastWire().greet()
  expect(lastWire().sent[0]).toEqual({ t: 'watch', target: 'local', sandboxId: null })
  socket.show('local', 'box')
  expect(lastWire().sent.at(-1)).toEqual({ t: 'watch', target: 'local', sandboxId: 'box' })
  lastWire().say({ t: 'target', target: 'local', state: 'up' })
  lastWire().break()
  vi.advanceTimersByTime(400)
  lastWire().greet()
  expect(lastWire().sent[0]).toEqual({ t: 'watch', target: 'local', sandboxId: 'box' })
  expect(said).toEqual(['up', 'down'])
})

test('refused again and again, it asks whether the person is signed out and stops trying', async () => {
  socket.stop()
  socket = new LiveClient({
    random: () => 1,
    signedOut: async () => true,
    connect: (events) => {
      wires.push(new FakeWire(events))
      return lastWire()
    },
  })
  socket.start()
  lastWire().break()
  vi.advanceTimersByTime(400)
  lastWire().break()
  await vi.advanceTimersByTimeAsync(0)
  expect(socket.getConnection().phase).toBe('signed-out')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(wires).toHaveLength(2)
})

test('what a console says that does not take the line is kept until one does', () => {
  socket.start()
  lastWire().say({ t: 'error', ch: null, code: 'TOO_MANY_REQUESTS', message: 'Too many tabs.' })
  lastWire().break()
  expect(socket.getConnection()).toMatchObject({ phase: 'waiting', refusal: 'Too many tabs.' })
  vi.advanceTimersByTime(400)
  lastWire().greet()
  expect(socket.getConnection()).toMatchObject({ phase: 'live', refusal: null })
})
