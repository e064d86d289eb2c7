import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { JournalSink } from '@/lib/live/client/live-client'
import type { OutputSize } from '@/lib/process-api/execution'
import type { JournalChunk } from '@/lib/process-api/journal-frame'
import { JournalReader, type LogScreen, windowBytes } from './journal-reader'
import type { StreamFilter } from './reader-view'

/** A screen of ten rows, with one row per line, that parses when the test calls `parse`. */
class FakeScreen implements LogScreen {
  readonly chunks: JournalChunk[] = []
  readonly offsets: number[] = []
  following = true
  top = 0
  scrolledTo: number | null = null
  private waiting: (() => void)[] = []

  write(chunk: JournalChunk, done: () => void): void {
    this.waiting.push(() => {
      this.chunks.push(chunk)
      let at = 0
      for (const line of new TextDecoder().decode(chunk.data).split('\n').slice(0, -1)) {
        this.offsets.push(chunk.offset + at)
        at += line.length + 1
      }
      done()
    })
  }
  reset(): void {
    this.waiting.push(() => {
      this.chunks.length = 0
      this.offsets.length = 0
      this.top = 0
    })
  }
  settle(): void {
    // This screen has no progress lines.
  }
  afterWrites(run: () => void): void {
    this.waiting.push(run)
  }
  /** Parse everything in the queue. */
  parse(): void {
    for (let run = this.waiting.shift(); run; run = this.waiting.shift()) run()
  }
  get text(): string {
    return this.chunks.map((chunk) => new TextDecoder().decode(chunk.data)).join('')
  }
  get lines(): number {
    return this.offsets.length
  }
  get rowsBelow(): number {
    return Math.max(0, this.lines - this.top - 10)
  }
  get atBottom(): boolean {
    return this.rowsBelow === 0
  }
  get hasDropped(): boolean {
    return false
  }
  get topOffset(): number | null {
    return this.offsets[0] ?? null
  }
  get viewOffset(): number | null {
    return this.offsets[this.top] ?? null
  }
  setFollowing(following: boolean): void {
    this.following = following
    if (following) this.top = Math.max(0, this.lines - 10)
  }
  scrollToOffset(offset: number): boolean {
    this.scrolledTo = offset
    this.top = Math.max(
      0,
      this.offsets.findLastIndex((at) => at <= offset),
    )
    return this.lines - this.top >= 10
  }
}

interface Opened {
  stream: JournalChunk['stream'] | null
  from: number
  sink: JournalSink
  parsed: number
  closed: boolean
}

let screen: FakeScreen
let opened: Opened[]
let frames: (() => void)[]

/** @param size bytes of stdout, or the sizes of both streams */
function makeReader(
  size: number | Omit<OutputSize, 'droppedBytes'> = 0,
  convertOffset?: (offset: number, from: StreamFilter, to: StreamFilter) => Promise<number | null>,
): JournalReader {
  return new JournalReader({
    client: {
      follow: (_target, _ref, stream, from, sink) => {
        const one: Opened = { stream, from, sink, parsed: 0, closed: false }
        opened.push(one)
        return {
          parsed: (bytes) => {
            one.parsed += bytes
          },
          retry: () => undefined,
          close: () => {
            one.closed = true
          },
        }
      },
    },
    target: 'local',
    ref: { kind: 'run', sandboxId: 's', runId: 'r' },
    screen,
    size: typeof size === 'number' ? onStdout(size) : { ...size, droppedBytes: 0 },
    convertOffset,
    nextFrame: (run) => frames.push(run),
  })
}

function onStdout(bytes: number): OutputSize {
  return { bytes, stdoutBytes: bytes, stderrBytes: 0, droppedBytes: 0 }
}

/** Run frames and parse until nothing is left to do. */
function settle(): void {
  for (let round = 0; round < 1000 && frames.length > 0; round += 1) {
    for (const frame of frames.splice(0)) frame()
    screen.parse()
  }
  screen.parse()
}

function last(): Opened {
  const stream = opened.at(-1)
  if (!stream) throw new Error('nothing was opened')
  return stream
}

/** Send text on the last opened stream, at the offset where it was opened or at the given one. */
function give(text: string, offset = last().from, stream: JournalChunk['stream'] = 'stdout'): void {
  last().sink.data({ offset, data: new TextEncoder().encode(text), stream, wallMs: 1, missing: 0 })
}

const numbered = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => `${String(from + index).padStart(9, '0')}\n`).join('')

beforeEach(() => {
  screen = new FakeScreen()
  opened = []
  frames = []
})

describe('opening', () => {
  test('a short journal is opened from its start', () => {
    makeReader(1000).start()
    expect(last().from).toBe(0)
  })

  test('a long journal is opened at its tail, from the first whole line', () => {
    const reader = makeReader(10 * windowBytes)
    reader.start()
    expect(last().from).toBe(9 * windowBytes)
    give('half a line\nwhole line\n')
    settle()
    expect(screen.text).toBe('whole line\n')
    expect(reader.getView().earlierBytes).toBe(9 * windowBytes + 12)
  })

  test('a very long first line is shown from its middle, from a whole character', () => {
    makeReader(10 * windowBytes).start()
    const bytes = new Uint8Array(70_000).fill(0x78)
    bytes[0] = 0x80
    last().sink.data({ offset: last().from, data: bytes, stream: 'stdout', wallMs: 1, missing: 0 })
    settle()
    expect(screen.text).toHaveLength(69_999)
  })

  test('the real tail is opened, once, when the known size was too small', () => {
    makeReader(1000).start()
    last().sink.opened(0, 50 * windowBytes)
    expect(last().from).toBe(49 * windowBytes)
    last().sink.opened(last().from, 90 * windowBytes)
    expect(opened).toHaveLength(2)
  })
})

describe('flow control', () => {
  test('bytes are reported as parsed when the screen has parsed them, not before', () => {
    makeReader().start()
    give('hello\n')
    for (const frame of frames.splice(0)) frame()
    expect(last().parsed).toBe(0)
    settle()
    expect(last().parsed).toBe(6)
  })

  test('a hidden pane parses nothing', () => {
    const reader = makeReader()
    reader.start()
    settle()
    reader.setVisible(false)
    give('hello\n')
    settle()
    expect(screen.text).toBe('')
    reader.setVisible(true)
    settle()
    expect(screen.text).toBe('hello\n')
  })

  test('a paused view reads a limited number of rows ahead, and more when the user scrolls down', () => {
    const reader = makeReader()
    reader.openFromStart()
    for (let at = 0; at < 200; at += 1) give(numbered(at * 100, 100), at * 1000)
    settle()
    const loaded = screen.lines
    expect(loaded).toBeLessThan(20_000)
    expect(last().parsed).toBe(loaded * 10)
    screen.top = loaded - 10
    reader.userScrolled()
    settle()
    expect(screen.lines).toBeGreaterThan(loaded)
    expect(reader.getView().following).toBe(false)
  })
})

describe('follow and pause', () => {
  test('lines are counted since the user scrolled up', () => {
    const reader = makeReader()
    reader.start()
    give(numbered(0, 30))
    settle()
    screen.top = 0
    reader.userScrolled()
    expect(screen.following).toBe(false)
    give(numbered(30, 5), 300)
    settle()
    expect(reader.getView()).toMatchObject({ following: false, newLines: 5 })
    reader.resume()
    settle()
    expect(reader.getView()).toMatchObject({ following: true, newLines: 0 })
  })

  test('scrolling to the end follows again', () => {
    const reader = makeReader()
    reader.start()
    give(numbered(0, 30))
    settle()
    screen.top = 0
    reader.userScrolled()
    screen.top = 20
    reader.userScrolled()
    settle()
    expect(reader.getView().following).toBe(true)
  })

  test('with a large lag, resuming opens the tail instead of reading everything in between', () => {
    const reader = makeReader()
    reader.start()
    give(numbered(0, 30))
    settle()
    screen.top = 0
    reader.userScrolled()
    reader.setSize(onStdout(100 * windowBytes))
    reader.resume()
    expect(last().from).toBe(99 * windowBytes)
  })
})

describe('parts', () => {
  test('an earlier part is loaded with the first line at the top', () => {
    const reader = makeReader(10 * windowBytes)
    reader.start()
    give(`x\n${numbered(0, 100)}`)
    settle()
    const first = screen.topOffset ?? 0
    reader.loadEarlier()
    expect(last().from).toBe(first - windowBytes)
    give(`\n${numbered(0, (windowBytes - 1) / 10 + 50)}`)
    settle()
    expect(screen.scrolledTo).toBe(first)
    expect(reader.getView().following).toBe(false)
  })

  test('a single stream is followed with its own offsets and size', () => {
    const reader = makeReader({ bytes: 100 * windowBytes, stdoutBytes: 100 * windowBytes - 40, stderrBytes: 40 })
    reader.start()
    expect(last()).toMatchObject({ stream: null, from: 99 * windowBytes })
    reader.setFilter('stderr')
    expect(last()).toMatchObject({ stream: 'stderr', from: 0 })
    give(numbered(0, 4), 0, 'stderr')
    settle()
    expect(reader.getView()).toMatchObject({ filter: 'stderr', following: true, earlierBytes: 0, laterBytes: 0 })
    reader.setSize({ bytes: 200 * windowBytes, stdoutBytes: 200 * windowBytes - 50, stderrBytes: 50, droppedBytes: 0 })
    settle()
    expect(reader.getView()).toMatchObject({ loadedBytes: 40, laterBytes: 10 })
    reader.setFilter('both')
    expect(last()).toMatchObject({ stream: null, from: 199 * windowBytes })
  })

  test('a paused view stays near the same line when the stream changes', async () => {
    const requests: unknown[] = []
    const reader = makeReader(3000, async (...request) => {
      requests.push(request)
      return 700
    })
    reader.start()
    give(numbered(0, 300))
    settle()
    screen.top = 100
    reader.userScrolled()
    reader.setFilter('stdout')
    await Promise.resolve()
    expect(requests).toEqual([[1000, 'both', 'stdout']])
    give(numbered(0, 200))
    settle()
    expect(screen.scrolledTo).toBe(700)
    expect(reader.getView().following).toBe(false)
  })

  test('the part around an offset is opened, and the arrival is reported', () => {
    const arrived = vi.fn()
    const reader = makeReader(100 * windowBytes)
    reader.start()
    reader.openAt(50 * windowBytes, arrived)
    const { from } = last()
    expect(from).toBe(49.5 * windowBytes)
    give(`cut\n${numbered(0, 40_000)}`)
    settle()
    expect(arrived).not.toHaveBeenCalled()
    give(numbered(40_000, 40_000), from + 4 + 400_000)
    settle()
    expect(arrived).toHaveBeenCalledOnce()
    expect(screen.scrolledTo).toBe(50 * windowBytes)
  })

  test('clearing empties the view, continues, and can be undone', () => {
    const reader = makeReader()
    reader.start()
    give('before\n')
    settle()
    reader.clear()
    give('after\n', 7)
    settle()
    expect(screen.text).toBe('after\n')
    expect(reader.getView()).toMatchObject({ cleared: true, earlierBytes: 7 })
    reader.undoClear()
    give('before\nafter\n')
    settle()
    expect(screen.text).toBe('before\nafter\n')
    expect(reader.getView().cleared).toBe(false)
  })

  test('chunks of a closed window grant no credit to the next one', () => {
    const reader = makeReader()
    reader.start()
    give('old\n')
    for (const frame of frames.splice(0)) frame()
    reader.setFilter('stdout')
    settle()
    expect(opened[0]).toMatchObject({ closed: true, parsed: 0 })
    expect(last().parsed).toBe(0)
  })
})

test('an incomplete character at the end is shown when the journal is complete', () => {
  const reader = makeReader()
  reader.start()
  last().sink.data({ offset: 0, data: Uint8Array.from([0x61, 0xe2]), stream: 'stdout', wallMs: 1, missing: 0 })
  settle()
  expect(screen.text).toBe('a')
  last().sink.ended(2, null)
  settle()
  expect(screen.chunks.at(-1)?.data).toEqual(Uint8Array.from([0xe2]))
})
