import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { encodeJournalHeader } from '@/lib/process-api/journal-frame'
import { creditStep, creditWindow } from '../limits'
import type { ClientMessage, JournalRef, ServerMessage } from '../protocol'
import { type JournalSink, LiveClient } from './live-client'
import type { Transport, TransportHandlers } from './reconnecting-socket'

/** The console's end of the connection: what the page sent, and a way to reply. */
class FakeTransport implements Transport {
  readonly sent: ClientMessage[] = []
  closed = false

  constructor(readonly handlers: TransportHandlers) {}

  send(data: string): void {
    this.sent.push(JSON.parse(data))
  }
  close(): void {
    this.closed = true
  }
  reply(message: ServerMessage): void {
    this.handlers.message(JSON.stringify(message))
  }
  hello(build = 'one'): void {
    this.reply({ t: 'hello', build, heartbeatMs: 20_000 })
  }
  bytes(channel: number, offset: number, text: string): void {
    const payload = new TextEncoder().encode(text)
    const frame = new Uint8Array(24 + payload.length)
    frame.set(encodeJournalHeader({ stream: 'stdout', channel, offset, wallMs: 1 }))
    frame.set(payload, 24)
    this.handlers.message(frame.buffer)
  }
  break(): void {
    this.handlers.closed()
  }
  opens() {
    return this.sent.filter((message) => message.t === 'open')
  }
}

const ref: JournalRef = { kind: 'run', sandboxId: 's', runId: 'r' }
let transports: FakeTransport[]
let client: LiveClient
let seen: string

function latest(): FakeTransport {
  const transport = transports.at(-1)
  if (!transport) throw new Error('there was no connection attempt')
  return transport
}

function sink(over: Partial<JournalSink> = {}): JournalSink {
  return {
    opened: () => undefined,
    data: (chunk) => {
      seen += new TextDecoder().decode(chunk.data)
    },
    lagging: () => undefined,
    ended: () => undefined,
    away: () => undefined,
    failed: () => undefined,
    replaced: () => undefined,
    ...over,
  }
}

function newClient(options: Partial<ConstructorParameters<typeof LiveClient>[0]> = {}): LiveClient {
  return new LiveClient({
    random: () => 1,
    connect: (handlers) => {
      transports.push(new FakeTransport(handlers))
      return latest()
    },
    ...options,
  })
}

beforeEach(() => {
  vi.useFakeTimers()
  transports = []
  seen = ''
  client = newClient()
})

afterEach(() => {
  client.stop()
  vi.useRealTimers()
})

test('opens channels after the hello and grants credit again when bytes were parsed', () => {
  client.start()
  const subscription = client.follow('local', ref, null, 0, sink())
  expect(latest().sent).toEqual([])
  latest().hello()
  expect(latest().opens()).toEqual([{ t: 'open', ch: 1, target: 'local', ref, from: 0, credit: creditWindow }])
  latest().bytes(1, 0, 'x'.repeat(creditStep))
  expect(latest().sent.some((message) => message.t === 'credit')).toBe(false)
  subscription.parsed(creditStep)
  expect(latest().sent.at(-1)).toEqual({ t: 'credit', ch: 1, bytes: creditStep })
})

test('a broken connection resumes at the next byte, without gap or duplicate', () => {
  client.start()
  client.follow('local', ref, null, 0, sink())
  latest().hello()
  latest().bytes(1, 0, 'hello ')
  latest().break()
  expect(client.getConnection()).toMatchObject({ phase: 'waiting', retryAt: Date.now() + 400 })
  vi.advanceTimersByTime(400)
  expect(transports).toHaveLength(2)
  latest().hello()
  expect(client.getConnection().phase).toBe('live')
  expect(latest().opens()[0]).toMatchObject({ from: 6 })
  latest().bytes(1, 3, 'lo world')
  expect(seen).toBe('hello world')
})

test('a gap is requested again on a new channel, and frames of the old one are ignored', () => {
  client.start()
  client.follow('local', ref, null, 0, sink())
  latest().hello()
  latest().bytes(1, 4, 'late')
  expect(latest().sent.slice(-2)).toMatchObject([
    { t: 'close', ch: 1 },
    { t: 'open', ch: 2, from: 0 },
  ])
  latest().bytes(1, 8, 'old')
  latest().bytes(2, 0, 'not ')
  latest().bytes(2, 4, 'late')
  expect(seen).toBe('not late')
})

test('a journal that became shorter was replaced', () => {
  const replaced = vi.fn()
  client.start()
  client.follow('local', ref, null, 100, sink({ replaced }))
  latest().hello()
  latest().reply({ t: 'opened', ch: 1, from: 100, size: 7 })
  expect(replaced).toHaveBeenCalledOnce()
  expect(latest().opens().at(-1)).toMatchObject({ ch: 2, from: 0 })
})

test('a connection without a message after a wake-up is replaced in time to be live within 3 s', () => {
  client.start()
  latest().hello()
  client.probe()
  vi.advanceTimersByTime(1499)
  expect(transports).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(transports).toHaveLength(2)
  expect(transports[0]?.closed).toBe(true)
  expect(client.getConnection().phase).toBe('waiting')
})

test('a connection that was still being opened when the page woke up is replaced too', () => {
  client.start()
  vi.advanceTimersByTime(1000)
  client.setOffline(false)
  expect(transports).toHaveLength(1)
  vi.advanceTimersByTime(1500)
  expect(transports).toHaveLength(2)
  latest().hello()
  vi.advanceTimersByTime(1500)
  expect(transports).toHaveLength(2)
  expect(client.getConnection().phase).toBe('live')
})

test('a connection that responds to the probe is kept', () => {
  client.start()
  latest().hello()
  client.probe()
  latest().reply({ t: 'ping', n: 1 })
  vi.advanceTimersByTime(3000)
  expect(transports).toHaveLength(1)
  expect(client.getConnection().phase).toBe('live')
})

test('a connection without pongs is replaced, although the client is open', () => {
  client.start()
  latest().hello()
  latest().reply({ t: 'pong', n: 1 })
  vi.advanceTimersByTime(3_000)
  expect(latest().sent.at(-1)).toEqual({ t: 'ping', n: 2 })
  vi.advanceTimersByTime(3_500)
  expect(transports).toHaveLength(1)
  vi.advanceTimersByTime(1_000)
  expect(transports).toHaveLength(2)
  expect(transports[0]?.closed).toBe(true)
  expect(client.getConnection().phase).toBe('waiting')
})

test('the connection of a hidden page is checked less often', () => {
  client.start()
  latest().hello()
  latest().reply({ t: 'pong', n: 1 })
  client.setVisible(false)
  vi.advanceTimersByTime(9_000)
  expect(latest().sent.at(-1)).toEqual({ t: 'ping', n: 1 })
  vi.advanceTimersByTime(1_000)
  expect(latest().sent.at(-1)).toEqual({ t: 'ping', n: 2 })
})

test('a connection that delivers bytes is kept, however late the pong is', () => {
  client.start()
  client.follow('local', ref, null, 0, sink())
  latest().hello()
  latest().reply({ t: 'opened', ch: 1, from: 0, size: 0 })
  for (let second = 0; second < 30; second += 1) {
    vi.advanceTimersByTime(1_000)
    latest().bytes(1, second, 'x')
  }
  expect(transports).toHaveLength(1)
})

test('the user can retry before the delay is over', () => {
  client.start()
  latest().hello()
  latest().break()
  client.retryNow()
  expect(transports).toHaveLength(2)
  vi.advanceTimersByTime(400)
  expect(transports).toHaveLength(2)
})

test('a new build makes the page stale, the first one does not', () => {
  client.start()
  latest().hello('one')
  expect(client.getConnection().stale).toBe(false)
  latest().break()
  vi.advanceTimersByTime(400)
  latest().hello('two')
  expect(client.getConnection().stale).toBe(true)
})

test('a watched target is subscribed again after each loss, and the listener is notified', () => {
  const calls: string[] = []
  client.start()
  client.watch('local', {
    event: () => calls.push('event'),
    up: () => calls.push('up'),
    down: () => calls.push('down'),
  })
  latest().hello()
  expect(latest().sent[0]).toEqual({ t: 'watch', target: 'local', sandboxId: null })
  client.show('local', 'box')
  expect(latest().sent.at(-1)).toEqual({ t: 'watch', target: 'local', sandboxId: 'box' })
  latest().reply({ t: 'target', target: 'local', state: 'up' })
  latest().break()
  vi.advanceTimersByTime(400)
  latest().hello()
  expect(latest().sent[0]).toEqual({ t: 'watch', target: 'local', sandboxId: 'box' })
  expect(calls).toEqual(['up', 'down'])
})

test('repeated rejections trigger a check of the session, and no more attempts when signed out', async () => {
  client.stop()
  client = newClient({
    signedOut: async () => true,
  })
  client.start()
  latest().break()
  vi.advanceTimersByTime(400)
  latest().break()
  await vi.advanceTimersByTimeAsync(0)
  expect(client.getConnection().phase).toBe('signed-out')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(transports).toHaveLength(2)
})

test('repeated rejections of a signed-in user show the reason that the console gives over HTTP', async () => {
  client.stop()
  client = newClient({
    signedOut: async () => false,
    refusal: async () => 'A proxy removes headers.',
  })
  client.start()
  latest().break()
  vi.advanceTimersByTime(400)
  latest().break()
  await vi.advanceTimersByTimeAsync(0)
  expect(client.getConnection()).toMatchObject({ phase: 'waiting', refusal: 'A proxy removes headers.' })
})

test('the message of a console that rejects the connection is kept until one is accepted', () => {
  client.start()
  latest().reply({ t: 'error', ch: null, code: 'TOO_MANY_REQUESTS', message: 'Too many tabs.' })
  latest().break()
  expect(client.getConnection()).toMatchObject({ phase: 'waiting', refusal: 'Too many tabs.' })
  vi.advanceTimersByTime(400)
  latest().hello()
  expect(client.getConnection()).toMatchObject({ phase: 'live', refusal: null })
})
