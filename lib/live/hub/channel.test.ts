import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ServerMessage } from '../protocol'
import { Channel, type Outlet } from './channel'
import type { Chunk } from './chunk-queue'
import type { JournalSource } from './journal-source'

class FakeOutlet implements Outlet {
  ready = true
  frames: Chunk[] = []
  messages: ServerMessage[] = []
  finishedChannels: number[] = []
  isReady() {
    return this.ready
  }
  frame(_channel: number, chunk: Chunk) {
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

let outlet: FakeOutlet
let source: FakeSource

function channel(credit: number, from = 0): Channel {
  const made = new Channel(1, from, credit, outlet)
  made.attach(source)
  made.opened(from, null)
  return made
}

function chunk(offset: number, length: number): Chunk {
  return { stream: 'stdout', offset, wallMs: null, data: Buffer.alloc(length, 'x') }
}

const verdict = null

beforeEach(() => {
  vi.useFakeTimers()
  outlet = new FakeOutlet()
  source = new FakeSource()
})
afterEach(() => vi.useRealTimers())

describe('latency and joining', () => {
  it('sends the first bytes at once', () => {
    channel(1000).chunk(chunk(0, 5))
    expect(outlet.bytes).toBe(5)
  })

  it('gathers what follows for a few milliseconds', () => {
    const it = channel(1000)
    for (let offset = 0; offset < 50; offset += 5) it.chunk(chunk(offset, 5))
    expect(outlet.frames).toHaveLength(1)
    vi.advanceTimersByTime(4)
    expect(outlet.frames.map((frame) => frame.data.byteLength)).toEqual([5, 45])
  })

  it('does not wait when much came, and never makes a frame longer than 64 KiB', () => {
    channel(10_000_000).chunk(chunk(0, 300_000))
    vi.advanceTimersByTime(4)
    expect(outlet.bytes).toBe(300_000)
    expect(Math.max(...outlet.frames.map((frame) => frame.data.byteLength))).toBe(65_536)
  })
})

describe('credit', () => {
  it('sends exactly what was granted, and goes on when more is', () => {
    const it = channel(100)
    it.chunk(chunk(0, 250))
    expect(outlet.bytes).toBe(100)
    it.grant(50)
    vi.advanceTimersByTime(10)
    expect(outlet.bytes).toBe(150)
    it.grant(1000)
    vi.advanceTimersByTime(10)
    expect(outlet.bytes).toBe(250)
    expect(outlet.frames.map((frame) => frame.offset)).toEqual([0, 100, 150])
  })

  it('makes the source wait while the viewer takes nothing, and keeps little in memory', () => {
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
    expect(outlet.bytes).toBe(offset)
  })

  it('holds back while the socket is full', () => {
    const it = channel(10_000_000)
    outlet.ready = false
    it.chunk(chunk(0, 100))
    expect(outlet.bytes).toBe(0)
    outlet.ready = true
    it.pump()
    expect(outlet.bytes).toBe(100)
  })
})

describe('the end', () => {
  it('is told after the last byte', () => {
    const it = channel(10)
    it.chunk(chunk(0, 30))
    it.ended(30, verdict)
    expect(outlet.of('end')).toEqual([])
    it.grant(100)
    expect(outlet.bytes).toBe(30)
    expect(outlet.of('end')).toEqual([{ t: 'end', ch: 1, offset: 30, execution: null }])
  })

  it('is not held up by the gathering of small chunks', () => {
    const it = channel(1000)
    it.chunk(chunk(0, 5))
    it.chunk(chunk(5, 5))
    it.ended(10, verdict)
    expect(outlet.bytes).toBe(10)
    expect(outlet.of('end')).toHaveLength(1)
  })

  it('does not keep back what survivors print later', () => {
    const it = channel(1000)
    it.ended(0, verdict)
    it.chunk(chunk(0, 5))
    expect(outlet.of('end')).toHaveLength(1)
    expect(outlet.bytes).toBe(5)
  })
})

describe('losses', () => {
  it('says away, then opened at the byte that the viewer waits for', () => {
    const it = channel(5)
    it.chunk(chunk(0, 20))
    it.away(400, 'The target does not answer.')
    it.opened(20, 20)
    expect(outlet.of('away')).toEqual([{ t: 'away', ch: 1, retryMs: 400, message: 'The target does not answer.' }])
    expect(outlet.of('opened').at(-1)).toMatchObject({ from: 5, size: 20 })
    it.grant(100)
    vi.advanceTimersByTime(10)
    expect(outlet.frames.map((frame) => frame.offset)).toEqual([0, 5])
  })

  it('is forgotten after a failure, with its reason', () => {
    const it = channel(5)
    it.failed({ code: 'NOT_FOUND', message: 'Command not found.' })
    expect(outlet.of('error')).toEqual([{ t: 'error', ch: 1, code: 'NOT_FOUND', message: 'Command not found.' }])
    expect(outlet.finishedChannels).toEqual([1])
    it.close()
    expect(source.closed).toBe(true)
  })

  it('sends nothing after it was closed', () => {
    const it = channel(1000)
    it.chunk(chunk(0, 5))
    it.chunk(chunk(5, 5))
    it.close()
    it.chunk(chunk(10, 5))
    it.away(1, 'x')
    vi.advanceTimersByTime(5000)
    expect(outlet.bytes).toBe(5)
    expect(outlet.messages).toEqual([{ t: 'opened', ch: 1, from: 0, size: null }])
  })
})

describe('a viewer that falls behind', () => {
  it('is told by how much, and when it has caught up', async () => {
    const it = channel(100)
    it.chunk(chunk(0, 200))
    source.journalSize = 50_000_000
    await vi.advanceTimersByTimeAsync(1100)
    expect(outlet.of('behind')).toEqual([{ t: 'behind', ch: 1, bytes: 50_000_000 - 100 }])
    source.journalSize = 200
    it.grant(1000)
    await vi.advanceTimersByTimeAsync(10)
    expect(outlet.bytes).toBe(200)
    await vi.advanceTimersByTimeAsync(2000)
    expect(outlet.of('behind').at(-1)).toEqual({ t: 'behind', ch: 1, bytes: 0 })
  })
})
