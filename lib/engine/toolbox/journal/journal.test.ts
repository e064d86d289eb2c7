import {
  appendFileSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync as writeSyncMock,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { JournalStream } from '@/lib/process-api/extensions'
import { StateFolder } from '../../state/files'
import { DiskSpace } from './disk-space'
import { journalFiles } from './files'
import { indexRecordBytes } from './index-record'
import { Journal } from './journal'
import type { JournalChunk } from './journal-chunk'
import { readWindow } from './window'

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  return { ...fs, writeSync: vi.fn(fs.writeSync) }
})

let folder: string
let base: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-journal-'))
  base = path.join(folder, 'j')
})
afterEach(() => {
  vi.mocked(writeSyncMock).mockReset()
  rmSync(folder, { recursive: true, force: true })
})

const files = () => journalFiles(StateFolder.open(folder, null, false), 'j', 1 << 30)

function create(maxBytes = 1 << 30): Journal {
  return Journal.create('j', files(), { maxBytes, space: new DiskSpace(folder) })
}

async function collect(chunks: AsyncIterable<JournalChunk>): Promise<JournalChunk[]> {
  const all: JournalChunk[] = []
  for await (const chunk of chunks) all.push(chunk)
  return all
}

async function textOf(chunks: AsyncIterable<JournalChunk>): Promise<string> {
  return Buffer.concat((await collect(chunks)).map((chunk) => chunk.data)).toString('latin1')
}

function append(journal: Journal, stream: JournalStream, text: string): void {
  journal.append(stream, Buffer.from(text, 'latin1'))
}

const never = new Promise<void>(() => {})

describe('recording', () => {
  test('keeps exact bytes with their streams and offsets', async () => {
    const journal = create()
    append(journal, 'stdout', 'a\0\xff')
    append(journal, 'stderr', '\x02\x02\x02')
    append(journal, 'stdout', '\x01\x01\x01')
    const chunks = await collect(journal.read())
    expect(chunks.map((it) => [it.offset, it.stream, Buffer.from(it.data).toString('latin1')])).toEqual([
      [0, 'stdout', 'a\0\xff'],
      [3, 'stderr', '\x02\x02\x02'],
      [6, 'stdout', '\x01\x01\x01'],
    ])
    expect(journal.sizes()).toEqual({ bytes: 9, stdoutBytes: 6, stderrBytes: 3, droppedBytes: 0 })
  })

  test('creates no files without output', () => {
    const journal = create()
    journal.seal()
    expect(statSync(`${base}.data`, { throwIfNoEntry: false })).toBeUndefined()
  })

  test('joins chunks of one stream that arrive together into one record', async () => {
    const journal = create()
    append(journal, 'stderr', 'x')
    for (let i = 1; i < 1000; i += 1) append(journal, 'stderr', 'x')
    expect(statSync(`${base}.index`).size / indexRecordBytes).toBeLessThan(100)
    expect(await textOf(journal.read())).toBe('x'.repeat(1000))
  })

  test('needs no index for a single chunk, and keeps its time', async () => {
    const journal = create()
    append(journal, 'stdout', 'all of it')
    const [chunk] = await collect(journal.read())
    const { onlyChunk } = journal
    journal.seal()
    expect(statSync(`${base}.index`, { throwIfNoEntry: false })).toBeUndefined()
    expect(chunk).toMatchObject({ offset: 0, stream: 'stdout', wallMs: onlyChunk?.wallMs })
    const again = await collect(
      Journal.open('j', files(), { sizes: journal.sizes(), onlyChunk: onlyChunk ?? undefined }).read(),
    )
    expect(again).toEqual([chunk])
  })

  test('creates the index with a second chunk, including the first one', async () => {
    const journal = create()
    append(journal, 'stdout', 'one')
    const before = await collect(journal.read())
    append(journal, 'stderr', 'two')
    expect(journal.onlyChunk).toBeNull()
    const chunks = await collect(journal.read())
    expect(chunks[0]).toEqual(before[0])
    expect(chunks.map((it) => it.stream)).toEqual(['stdout', 'stderr'])
    expect(statSync(`${base}.index`).size).toBe(2 * indexRecordBytes)
  })

  test('counts and explains output beyond the limit', async () => {
    const journal = create(10)
    append(journal, 'stdout', '12345678')
    append(journal, 'stderr', 'abcdef')
    append(journal, 'stdout', 'more')
    expect(journal.sizes()).toEqual({ bytes: 10, stdoutBytes: 8, stderrBytes: 2, droppedBytes: 8 })
    expect(await textOf(journal.read())).toBe('12345678ab')
    expect(journal.dropReason).toMatch(/limit of 10 bytes/)
  })

  test.each(['data', 'index'])(
    'counts lost output without throwing when the disk is full under the %s file',
    async (kind) => {
      const { writeSync } = await vi.importActual<typeof import('node:fs')>('node:fs')
      vi.mocked(writeSyncMock).mockImplementation((file: number, ...rest: unknown[]) => {
        if (readlinkSync(`/proc/self/fd/${file}`).endsWith(`.${kind}`))
          throw Object.assign(new Error(), { code: 'ENOSPC' })
        return Reflect.apply(writeSync, null, [file, ...rest])
      })
      const journal = create()
      append(journal, 'stderr', 'lost')
      expect(journal.sizes()).toEqual({ bytes: 0, stdoutBytes: 0, stderrBytes: 0, droppedBytes: 4 })
      expect(journal.dropReason).toMatch(/the disk is full/)
      expect(await textOf(journal.read())).toBe('')
    },
  )

  test('records nothing after the seal', () => {
    const journal = create()
    append(journal, 'stdout', 'a')
    journal.seal()
    append(journal, 'stdout', 'b')
    expect(journal.sizes()).toMatchObject({ bytes: 1, droppedBytes: 1 })
  })
})

describe('reading', () => {
  test('reads any range, of both streams or of one', async () => {
    const journal = create()
    const streams: JournalStream[] = ['stdout', 'stderr']
    let whole = ''
    const byStream = { stdout: '', stderr: '' }
    const labels: JournalStream[] = []
    for (let i = 0; i < 300; i += 1) {
      const stream = streams[i % 2] ?? 'stdout'
      const text = `${i},`.repeat((i % 7) + 1)
      append(journal, stream, text)
      whole += text
      byStream[stream] += text
      for (let n = 0; n < text.length; n += 1) labels.push(stream)
    }
    expect(await textOf(journal.read({ stream: 'stdout' }))).toBe(byStream.stdout)
    expect(await textOf(journal.read({ stream: 'stderr' }))).toBe(byStream.stderr)
    for (let from = 0; from < whole.length; from += 97) {
      const to = Math.min(from + 131, whole.length)
      expect(await textOf(journal.read({ from, to }))).toBe(whole.slice(from, to))
      const errors = [...whole.slice(from, to)].filter((_, i) => labels[from + i] === 'stderr').join('')
      expect(await textOf(journal.read({ from, to, stream: 'stderr' }))).toBe(errors)
    }
    expect(await textOf(journal.read({ from: whole.length }))).toBe('')
    expect(await textOf(journal.read({ from: whole.length + 5 }))).toBe('')
  })

  test('returns chunks of at most 64 KiB', async () => {
    const journal = create()
    journal.append('stdout', Buffer.alloc(1_000_000, 'x'))
    const chunks = await collect(journal.read())
    expect(Math.max(...chunks.map((it) => it.data.length))).toBe(64 * 1024)
    expect(chunks.reduce((sum, it) => sum + it.data.length, 0)).toBe(1_000_000)
    const small = await collect(journal.read({ to: 1000, maxChunk: 100 }))
    expect(small.map((it) => it.data.length)).toEqual(Array.from({ length: 10 }, () => 100))
  })

  test('returns windows with sizes and times, tails, and a mark if they were truncated', async () => {
    const journal = create()
    append(journal, 'stdout', 'abc')
    append(journal, 'stderr', 'def')
    const tail = await readWindow(journal, { tail: 4 })
    expect(tail).toMatchObject({ size: 6, from: 2, to: 6, truncated: false, droppedBytes: 0 })
    expect(tail.chunks.map((it) => [it.offset, it.stream, Buffer.from(it.data, 'base64').toString()])).toEqual([
      [2, 'stdout', 'c'],
      [3, 'stderr', 'def'],
    ])
    expect(Math.abs((tail.chunks[0]?.wallMs ?? 0) - Date.now())).toBeLessThan(5_000)
    expect(await readWindow(journal, { from: 90 })).toMatchObject({ from: 6, to: 6, truncated: false, chunks: [] })
    journal.append('stdout', Buffer.alloc(5 * 1024 * 1024, 'x'))
    expect(await readWindow(journal, {})).toMatchObject({ from: 0, to: 4 * 1024 * 1024, truncated: true })
    const end = await readWindow(journal, { tail: journal.size })
    expect(end).toMatchObject({ from: journal.size - 4 * 1024 * 1024, to: journal.size, truncated: true })
  })
})

describe('after the writer was killed', () => {
  function record(): void {
    const journal = create()
    append(journal, 'stdout', 'out')
    append(journal, 'stderr', 'err')
    append(journal, 'stdout', 'end')
  }

  test('everything written is readable, with its streams', async () => {
    record()
    const found = Journal.open('j', files(), { sizes: null })
    expect(found.sizes()).toEqual({ bytes: 9, stdoutBytes: 6, stderrBytes: 3, droppedBytes: 0 })
    expect(await textOf(found.read({ stream: 'stderr' }))).toBe('err')
    expect(found.isSealed).toBe(true)
  })

  test('data without an index record counts as stdout', async () => {
    record()
    appendFileSync(`${base}.data`, 'tail')
    const found = Journal.open('j', files(), { sizes: null })
    expect(found.sizes()).toMatchObject({ bytes: 13, stdoutBytes: 10, stderrBytes: 3 })
    expect(await textOf(found.read())).toBe('outerrendtail')
    expect(await textOf(found.read({ from: 8, stream: 'stdout' }))).toBe('dtail')
  })

  test('a truncated or damaged index loses stream labels, never bytes', async () => {
    record()
    truncateSync(`${base}.index`, indexRecordBytes + 7)
    expect(await textOf(Journal.open('j', files(), { sizes: null }).read())).toBe('outerrend')
    writeFileSync(`${base}.index`, Buffer.alloc(3 * indexRecordBytes, 0xee))
    expect(await textOf(Journal.open('j', files(), { sizes: null }).read())).toBe('outerrend')
    rmSync(`${base}.index`)
    expect(await textOf(Journal.open('j', files(), { sizes: null }).read())).toBe('outerrend')
  })

  test('recorded sizes are used only if they match the files', () => {
    record()
    const noted = { bytes: 9, stdoutBytes: 6, stderrBytes: 3, droppedBytes: 4 }
    expect(Journal.open('j', files(), { sizes: noted }).sizes()).toEqual(noted)
    expect(
      Journal.open('j', files(), { sizes: { ...noted, bytes: 5, stdoutBytes: 5, stderrBytes: 0 } }).sizes(),
    ).toEqual(noted)
  })

  test('a journal without output is empty', async () => {
    const found = Journal.open('j', files(), { sizes: null })
    expect(found.size).toBe(0)
    expect(await textOf(found.read())).toBe('')
  })
})

describe('following', () => {
  test('delivers existing output, then new output, then ends', async () => {
    const journal = create()
    append(journal, 'stdout', 'before ')
    let finish: () => void = () => {}
    const until = new Promise<void>((resolve) => {
      finish = resolve
    })
    const followed = textOf(journal.follow({ from: 3, signal: new AbortController().signal, until }))
    await new Promise(setImmediate)
    append(journal, 'stdout', 'live ')
    await new Promise(setImmediate)
    append(journal, 'stderr', 'last')
    finish()
    expect(await followed).toBe('ore live last')
  })

  test('delivers every byte once and in order, to readers of any speed', async () => {
    const journal = create()
    let finish: () => void = () => {}
    const until = new Promise<void>((resolve) => {
      finish = resolve
    })
    const { signal } = new AbortController()
    const read = async (pauseEvery: number) => {
      let text = ''
      let next = 0
      let count = 0
      for await (const chunk of journal.follow({ from: 0, signal, until })) {
        expect(chunk.offset).toBe(next)
        next += chunk.data.length
        text += Buffer.from(chunk.data).toString('latin1')
        count += 1
        if (count % pauseEvery === 0) await new Promise((resolve) => setTimeout(resolve, 2))
      }
      return text
    }
    const readers = [read(1), read(10), read(1_000_000)]
    let expected = ''
    for (let i = 0; i < 400; i += 1) {
      const text = `${i}:`.repeat(1 + ((i * 37) % 2000))
      expected += text
      append(journal, i % 3 === 0 ? 'stderr' : 'stdout', text)
      if (i % 5 === 0) await new Promise(setImmediate)
    }
    finish()
    for (const text of await Promise.all(readers)) expect(text === expected).toBe(true)
  })

  test('ends immediately on abort', async () => {
    const journal = create()
    const abort = new AbortController()
    const followed = textOf(journal.follow({ from: 0, signal: abort.signal, until: never }))
    await new Promise(setImmediate)
    abort.abort()
    expect(await followed).toBe('')
  })

  test('can be limited to one stream', async () => {
    const journal = create()
    append(journal, 'stderr', 'e1')
    const followed = textOf(
      journal.follow({ from: 0, stream: 'stderr', signal: new AbortController().signal, until: journal.sealed }),
    )
    append(journal, 'stdout', 'o')
    append(journal, 'stderr', 'e2')
    journal.seal()
    expect(await followed).toBe('e1e2')
  })
})
