/** Line numbers and offsets from the line index, against a plain count of the same bytes. */
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JournalStream } from '@/lib/process-api/extensions'
import { StateFolder } from '../../state/files'
import { DiskSpace } from './disk-space'
import { journalFiles } from './files'
import { Journal } from './journal'
import { countLineFeeds } from './line-feeds'
import { lineMarkBytes, markedBytes } from './line-marks'
import { LinePositions } from './line-positions'
import { readOverview } from './overview'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-lines-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const files = () => journalFiles(StateFolder.open(folder, null, false), 'j', 1 << 30)
const create = () => Journal.create('j', files(), { maxBytes: 1 << 30, space: new DiskSpace(folder) })
const linesFile = () => path.join(folder, 'j.lines')

type Piece = [JournalStream, Buffer]

function record(pieces: readonly Piece[]): Journal {
  const journal = create()
  for (const [stream, bytes] of pieces) journal.append(stream, bytes)
  journal.seal()
  return journal
}

/** The same numbers each time. */
function random(seed: number): (limit: number) => number {
  let state = seed + 1
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647
    return state % limit
  }
}

/** Lines of very different lengths in chunks that cut them, of both streams. */
function mixedPieces(seed: number, bytes: number): Piece[] {
  const next = random(seed)
  const pieces: Piece[] = []
  for (let length = 0; length < bytes; ) {
    const piece = Buffer.alloc(1 + next(5000), 'x')
    for (let feeds = next(60); feeds > 0; feeds -= 1) piece[next(piece.length)] = 10
    pieces.push([next(3) === 0 ? 'stderr' : 'stdout', piece])
    length += piece.length
  }
  return pieces
}

function ownBytes(pieces: readonly Piece[], stream?: JournalStream): Buffer {
  return Buffer.concat(pieces.filter(([own]) => !stream || own === stream).map(([, bytes]) => bytes))
}

function lineStarts(bytes: Buffer): number[] {
  const starts = [0]
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) starts.push(at + 1)
  if (starts.length > 1 && starts.at(-1) === bytes.length) starts.pop()
  return starts
}

async function expectExact(journal: Journal, pieces: readonly Piece[], stream?: JournalStream): Promise<void> {
  const bytes = ownBytes(pieces, stream)
  const starts = bytes.length === 0 ? [] : lineStarts(bytes)
  const positions = await LinePositions.open(journal, stream)
  expect([positions.lines, positions.size]).toEqual([starts.length, bytes.length])
  if (starts.length === 0) return
  const next = random(7)
  for (let round = 0; round < 40; round += 1) {
    const line = 1 + next(starts.length)
    const start = starts[line - 1] ?? -1
    expect(await positions.locate({ line })).toMatchObject({ line, lineOffset: start, offset: start })
    const end = starts[line] ?? bytes.length
    const offset = start + next(end - start)
    expect(await positions.locate({ offset })).toMatchObject({ line, lineOffset: start, offset })
  }
  expect(await positions.locate({ line: 1e9 })).toMatchObject({ line: starts.length, lineOffset: starts.at(-1) })
}

test('line feeds are counted at every length and alignment', () => {
  const next = random(3)
  for (let round = 0; round < 200; round += 1) {
    const bytes = Buffer.alloc(next(200_000), 'a')
    let expected = 0
    for (let feeds = next(500); feeds > 0 && bytes.length > 0; feeds -= 1) bytes[next(bytes.length)] = 10
    for (const byte of bytes) expected += byte === 10 ? 1 : 0
    expect(countLineFeeds(bytes)).toBe(expected)
    expect(countLineFeeds(bytes.subarray(1))).toBe(expected - (bytes[0] === 10 ? 1 : 0))
  }
})

describe('the line index', () => {
  test('locates every line of both streams and of each, while it is written and later', async () => {
    const pieces = mixedPieces(1, 600_000)
    const journal = create()
    for (const [stream, bytes] of pieces) journal.append(stream, bytes)
    for (const stream of [undefined, 'stdout', 'stderr'] as const) await expectExact(journal, pieces, stream)
    journal.seal()
    const opened = Journal.open('j', files(), { sizes: null })
    for (const stream of [undefined, 'stdout', 'stderr'] as const) await expectExact(opened, pieces, stream)
  })

  test('is at most a thousandth of the journal, and missing for a short one', () => {
    const size = record(mixedPieces(2, 1_000_000)).size
    expect(statSync(linesFile()).size).toBe(Math.floor(size / markedBytes) * lineMarkBytes)
    expect(statSync(linesFile()).size).toBeLessThanOrEqual(size / 1000)
    rmSync(linesFile())
    rmSync(path.join(folder, 'j.data'))
    rmSync(path.join(folder, 'j.index'))
    record([['stdout', Buffer.from('short\n')]])
    expect(statSync(linesFile(), { throwIfNoEntry: false })).toBeUndefined()
  })

  test.each([
    ['missing', () => rmSync(linesFile())],
    ['cut', () => truncateSync(linesFile(), lineMarkBytes * 3 + 5)],
    ['empty', () => truncateSync(linesFile(), 0)],
    [
      'changed in the middle',
      () => {
        const bytes = readFileSync(linesFile())
        bytes.writeDoubleLE(77, lineMarkBytes * 4)
        writeFileSync(linesFile(), bytes)
      },
    ],
    ['full of zeros', () => writeFileSync(linesFile(), Buffer.alloc(statSync(linesFile()).size))],
  ])('is built again when it is %s', async (_, damage) => {
    const pieces = mixedPieces(4, 500_000)
    record(pieces)
    const intact = readFileSync(linesFile())
    damage()
    const opened = Journal.open('j', files(), { sizes: null })
    await expectExact(opened, pieces)
    await expectExact(opened, pieces, 'stderr')
    expect(readFileSync(linesFile()).length).toBe(intact.length)
  })

  test.each<[string, Piece[]]>([
    ['nothing', []],
    ['one line of 10 MB without an end', [['stdout', Buffer.alloc(10_000_000, 'x')]]],
    ['one line of 10 MB', [['stdout', Buffer.concat([Buffer.alloc(10_000_000, 'x'), Buffer.from('\nend')])]]],
    ['only line feeds', [['stdout', Buffer.alloc(300_000, '\n')]]],
    ['CRLF and NUL', [['stderr', Buffer.from('a\r\n\0b\r\n\0\0\n\r\r\nend'.repeat(9000))]]],
    [
      'a line feed at each border of the index',
      [['stdout', Buffer.alloc(markedBytes * 3, `${'x'.repeat(markedBytes - 1)}\n`)]],
    ],
    [
      'single bytes of alternating streams',
      Array.from({ length: 400 }, (_, at): Piece => [at % 2 ? 'stderr' : 'stdout', Buffer.from(at % 7 ? 'x' : '\n')]),
    ],
  ])('is exact for %s', async (_, pieces) => {
    const journal = record(pieces)
    await expectExact(journal, pieces)
    await expectExact(journal, pieces, 'stderr')
  })

  test('locates times, percentages, and what arrived first after a time', async () => {
    const journal = create()
    journal.append('stdout', Buffer.from('first\n'))
    const before = Date.now()
    while (Date.now() <= before + 2);
    journal.append('stderr', Buffer.from('second\nthird\n'))
    journal.seal()
    const positions = await LinePositions.open(journal)
    expect(await positions.locate({ time: 0 })).toMatchObject({ line: 1, offset: 0 })
    expect(await positions.locate({ time: before + 1 })).toMatchObject({ line: 2, offset: 6 })
    expect(await positions.locate({ time: Date.now() + 10_000 })).toMatchObject({ line: 3, lineOffset: 13 })
    expect(await positions.locate({ percent: 0 })).toMatchObject({ line: 1 })
    expect(await positions.locate({ percent: 100 })).toMatchObject({ line: 3 })
  })
})

describe('the overview', () => {
  test('counts every line and every byte of stderr once, by bytes and by time', async () => {
    const pieces = mixedPieces(5, 400_000)
    const journal = record(pieces)
    for (const by of ['bytes', 'time'] as const) {
      const overview = await readOverview(journal, { buckets: 50, by })
      expect(overview.offsets).toHaveLength(51)
      expect(overview.offsets.at(-1)).toBe(journal.size)
      expect(overview.lineCounts.reduce((sum, one) => sum + one, 0)).toBe(countLineFeeds(ownBytes(pieces)))
      expect(overview.stderrBytes.reduce((sum, one) => sum + one, 0)).toBe(journal.sizes().stderrBytes)
    }
  })

  test('of a journal without output or duration has no division by zero', async () => {
    expect(await readOverview(record([]), { buckets: 3, by: 'time' })).toMatchObject({
      size: 0,
      lines: 0,
      offsets: [0, 0, 0, 0],
    })
  })
})
