import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ServerMessage } from '../protocol'
import { Channel, type ChannelSink } from './channel'
import type { FramedChunk } from './chunk-queue'
import type { JournalSource } from './journal-source'

class FakeSink implements ChannelSink {
  ready = true
  frames: FramedChunk[] = []
  messages: ServerMessage[] = []
  finishedChannels: number[] = []
  isReady() {
    return this.ready
  }
  frame(_channel: number, chunk: FramedChunk) {
    this.frames.push(chunk)
  }
  message(message: ServerMessage) {
    this.messages.push(message)
  }
  finished(channel: number) {
    this.finishedChannels.push(channel)
  }
  get bytes() {
    return this.frames.reduce((sum, it) => sum + it.data.byteLength, 0)
  }
  of<Kind extends ServerMessage['t']>(kind: Kind) {
    return this.messages.filter((it): it is Extract<ServerMessage, { t: Kind }> => it.t === kind)
  }
}

class FakeSource implements JournalSource {
  paused = false
  closed = false
  journalSize: number | null = null
  pause() {
    this.paused = true
  }
  resume() {
    this.paused = false
  }
  async size() {
    return this.journalSize
  }
  close() {
    this.closed = true
  }
}

let sink: FakeSink
let source: FakeSource

function channel(credit: number, from = 0): Channel {
  const made = new Channel(1, from, credit, sink)
  made.attach(source)
  made.opened(from, null)
  return made
}

function chunk(offset: number, length: number): FramedChunk {
  return { stream: 'stdout', offset, wallMs: null, data: Buffer.alloc(length, 'x') }
}

const verdict = null

beforeEach(() => {
  vi.useFakeTimers()
  sink = new FakeSink()
  source = new FakeSource()
})
afterEach(() => vi.useRealTimers())

describe('latency and joining', () => {
  it('sends the first bytes at once', () => {
    channel(1000).chunk(chunk(0, 5))
    expect(sink.bytes).toBe(5)
  })

  it('joins later bytes for a few milliseconds', () => {
    const it = channel(1000)
    for (let offset = 0; offset < 50; offset += 5) it.chunk(chunk(offset, 5))
    expect(sink.frames).toHaveLength(1)
    vi.advanceTimersByTime(4)
    expect(sink.frames.map((frame) => frame.data.byteLength)).toEqual([5, 45])
  })

  it('does not wait with much output, and never sends a frame of more than 64 KiB', () => {
    channel(10_000_000).chunk(chunk(0, 300_000))
    vi.advanceTimersByTime(4)
    expect(sink.bytes).toBe(300_000)
    expect(Math.max(...sink.frames.map((frame) => frame.data.byteLength))).toBe(65_536)
  })
})

describe('credit', () => {
  it('sends exactly what was granted, and continues after the next grant', () => {
    const it = channel(100)
    it.chunk(chunk(0, 250))
    expect(sink.bytes).toBe(100)
    it.grant(50)
    vi.advanceTimersByTime(10)
    expect(sink.bytes).toBe(150)
    it.grant(1000)
    vi.advanceTimersByTime(10)
    expect(sink.bytes).toBe(250)
    expect(sink.frames.map((frame) => frame.offset)).toEqual([0, 100, 150])
  })

  it('pauses the source while the viewer grants nothing, and keeps little in memory', () => {
    const it = channel(0)
    let offset = 0
    while (!source.paused && offset < 10_000_000) {
      it.chunk(chunk(offset, 16_384))
      offset += 16_384
    }
    expect(source.paused).toBe(true)
    expect(offset).toBeLessThanOrEqual(256 * 1024)
    it.grant(10_000_000)
    vi.advanceTimersByTime(10)
    expect(source.paused).toBe(false)
    expect(sink.bytes).toBe(offset)
  })

  it('waits while the socket is full', () => {
    const it = channel(10_000_000)
    sink.ready = false
    it.chunk(chunk(0, 100))
    expect(sink.bytes).toBe(0)
    sink.ready = true
    it.pump()
    expect(sink.bytes).toBe(100)
  })
})

describe('the end', () => {
  it('is sent after the last byte', () => {
    const it = channel(10)
    it.chunk(chunk(0, 30))
    it.ended(30, verdict)
    expect(sink.of('end')).toEqual([])
    it.grant(100)
    expect(sink.bytes).toBe(30)
    expect(sink.of('end')).toEqual([{ t: 'end', ch: 1, offset: 30, execution: null }])
  })

  it('is not delayed by the joining of small chunks', () => {
    const it = channel(1000)
    it.chunk(chunk(0, 5))
    it.chunk(chunk(5, 5))
    it.ended(10, verdict)
    expect(sink.bytes).toBe(10)
    expect(sink.of('end')).toHaveLength(1)
  })

  it('is followed by output of processes that were left behind', () => {
    const it = channel(1000)
    it.ended(0, verdict)
    it.chunk(chunk(0, 5))
    expect(sink.of('end')).toHaveLength(1)
    expect(sink.bytes).toBe(5)
  })
})

describe('losses', () => {
  it('are reported as away, then opened at the expected offset', () => {
    const it = channel(5)
    it.chunk(chunk(0, 20))
    it.away(400, 'The target does not answer.')
    it.opened(20, 20)
    expect(sink.of('away')).toEqual([{ t: 'away', ch: 1, retryMs: 400, message: 'The target does not answer.' }])
    expect(sink.of('opened').at(-1)).toMatchObject({ from: 5, size: 20 })
    it.grant(100)
    vi.advanceTimersByTime(10)
    expect(sink.frames.map((frame) => frame.offset)).toEqual([0, 5])
  })

  it('finish the channel with the reason when they are permanent', () => {
    const it = channel(5)
    it.failed({ code: 'NOT_FOUND', message: 'Command not found.' })
    expect(sink.of('error')).toEqual([{ t: 'error', ch: 1, code: 'NOT_FOUND', message: 'Command not found.' }])
    expect(sink.finishedChannels).toEqual([1])
    it.close()
    expect(source.closed).toBe(true)
  })

  it('are not reported after the channel was closed', () => {
    const it = channel(1000)
    it.chunk(chunk(0, 5))
    it.chunk(chunk(5, 5))
    it.close()
    it.chunk(chunk(10, 5))
    it.away(1, 'x')
    vi.advanceTimersByTime(5000)
    expect(sink.bytes).toBe(5)
    expect(sink.messages).toEqual([{ t: 'opened', ch: 1, from: 0, size: null }])
  })
})

describe('a viewer that lags', () => {
  it('receives the lag, and a message when it has caught up', async () => {
    const it = channel(100)
    it.chunk(chunk(0, 200))
    source.journalSize = 50_000_000
    await vi.advanceTimersByTimeAsync(1100)
    expect(sink.of('behind')).toEqual([{ t: 'behind', ch: 1, bytes: 50_000_000 - 100 }])
    source.journalSize = 200
    it.grant(1000)
    await vi.advanceTimersByTimeAsync(10)
    expect(sink.bytes).toBe(200)
    await vi.advanceTimersByTimeAsync(2000)
    expect(sink.of('behind').at(-1)).toEqual({ t: 'behind', ch: 1, bytes: 0 })
  })
})
