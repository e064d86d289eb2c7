/** Scans of journals, against a plain search of the same lines. */
import { closeSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JournalStream } from '@/lib/process-api/extensions'
import { StateFolder } from '../../../state/files'
import { DiskSpace } from '../disk-space'
import { journalFiles } from '../files'
import { Journal } from '../journal'
import { LinePositions } from '../line-positions'
import { InvalidPattern, lineMatcher } from './line-matcher'
import type { LineCriteria, ScanReply, ScanTask } from './messages'
import { scan } from './scan'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-scan-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

type Piece = [JournalStream, Buffer]

function record(pieces: readonly Piece[]): Journal {
  const files = journalFiles(StateFolder.open(folder, null, false), 'j', 1 << 30)
  const journal = Journal.create('j', files, { maxBytes: 1 << 30, space: new DiskSpace(folder) })
  for (const [stream, bytes] of pieces) journal.append(stream, bytes)
  journal.seal()
  return journal
}

const plain: LineCriteria = { text: '', regex: false, case: true, word: false, level: undefined }

async function scanAll(
  journal: Journal,
  criteria: Partial<LineCriteria>,
  task: ScanTask,
  { stream, from }: { stream?: JournalStream; from?: number } = {},
): Promise<ScanReply[]> {
  const positions = await LinePositions.open(journal, stream)
  const files = journal.openForScan()
  const source = {
    ...files,
    ...(await positions.range(undefined, undefined, from)),
    stream: stream ?? null,
    size: positions.size,
  }
  const replies: ScanReply[] = []
  const taken = new SharedArrayBuffer(4)
  // Each message counts as taken at once, since the same thread scans and receives.
  scan({ source, criteria: { ...plain, ...criteria }, task, taken, timeoutMs: 60_000 }, (reply) => {
    replies.push(reply)
    if (reply.type === 'lines') Atomics.add(new Int32Array(taken), 0, 1)
  })
  if (files.dataFile >= 0) closeSync(files.dataFile)
  if (files.indexFile !== null) closeSync(files.indexFile)
  return replies
}

function end(replies: readonly ScanReply[]) {
  const last = replies.at(-1)
  if (last?.type !== 'end') throw new Error('the scan did not end')
  return last
}

const hits = (replies: readonly ScanReply[]) => replies.flatMap((reply) => (reply.type === 'hits' ? reply.offsets : []))
const text = (replies: readonly ScanReply[]) =>
  Buffer.concat(replies.flatMap((reply) => (reply.type === 'lines' ? [reply.bytes] : []))).toString('latin1')
const count = { kind: 'count', limit: 1000, buckets: 10 } as const

/** Lines of random letters, in chunks that cut lines, words and the reads of the scanner. */
function randomPieces(seed: number, bytes: number): Piece[] {
  let state = seed + 1
  const next = (limit: number) => {
    state = (state * 48_271) % 2_147_483_647
    return state % limit
  }
  const pieces: Piece[] = []
  for (let length = 0; length < bytes; ) {
    const piece = Buffer.from(Array.from({ length: 1 + next(3000) }, () => 'abcdeAB \n1'.charCodeAt(next(10))))
    pieces.push([next(4) === 0 ? 'stderr' : 'stdout', piece])
    length += piece.length
  }
  return pieces
}

function expectedLines(pieces: readonly Piece[], matches: (line: string) => boolean, stream?: JournalStream) {
  const bytes = Buffer.concat(pieces.filter(([own]) => !stream || own === stream).map(([, one]) => one))
  const lines = bytes.toString('latin1').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.filter(matches)
}

describe('matching lines', () => {
  const pieces = randomPieces(1, 1_500_000)
  test.each<[string, Partial<LineCriteria>, RegExp]>([
    ['a text', { text: 'abca' }, /abca/],
    ['a text without case', { text: 'aBCa', case: false }, /abca/i],
    ['a word', { text: 'abc', word: true }, /\babc\b/],
    ['a regular expression', { text: 'a[bc]+1', regex: true }, /a[bc]+1/],
    ['an anchored one', { text: '^ab.*1$', regex: true }, /^ab.*1$/],
    ['the start of a text', { text: '\\Aab', regex: true }, /^ab/],
    ['a negated class, which does not reach the next line', { text: 'dd[^a]e', regex: true }, /dd[^a\n]e/],
    ['nothing, which is every line', { text: '' }, /(?:)/],
  ])('are those with %s, in both streams and in each', async (_, criteria, expected) => {
    const journal = record(pieces)
    for (const stream of [undefined, 'stdout', 'stderr'] as const) {
      const lines = expectedLines(pieces, (line) => expected.test(line), stream)
      const given = stream ? { stream } : {}
      const counted = end(await scanAll(journal, criteria, count, given))
      expect(counted.lines).toBe(lines.length)
      expect(counted.buckets.reduce((sum, one) => sum + one, 0)).toBe(lines.length)
      const sent = await scanAll(journal, criteria, { kind: 'lines', limit: 1e9, context: 0 }, given)
      expect(text(sent).replace(/\n$/, '')).toBe(lines.join('\n'))
    }
  })

  test('are found across the borders of reads, with the offsets of the matches', async () => {
    const needle = Buffer.from('needle-1')
    for (const before of [1024 * 1024 - 3, 64 * 1024 - 3, 2 * 1024 * 1024 - 1]) {
      const bytes = Buffer.concat([Buffer.alloc(before, 'x\n'), needle, Buffer.from('\nend')])
      const journal = record([['stdout', bytes]])
      for (const criteria of [
        { text: 'needle-1' },
        { text: 'needle-[0-9]', regex: true },
        { text: 'NEEDLE', case: false },
      ]) {
        expect(hits(await scanAll(journal, criteria, count))).toEqual([before])
        expect(end(await scanAll(journal, criteria, { kind: 'first', from: 0 })).found).toBe(before)
        expect(end(await scanAll(journal, criteria, { kind: 'last', before: bytes.length })).found).toBe(before)
        expect(end(await scanAll(journal, criteria, { kind: 'last', before })).found).toBeNull()
      }
      journal.remove()
    }
  })

  test('in one line of 10 MB, with NUL bytes, CRLF and invalid UTF-8', async () => {
    const long = Buffer.concat([Buffer.alloc(10_000_000, 'y'), Buffer.from('needle')])
    const odd = Buffer.from('a\0needle\r\n\xff\xfeneedle\xff\r\nn\0eedle\r\n', 'latin1')
    const journal = record([['stdout', Buffer.concat([odd, long])]])
    for (const criteria of [{ text: 'needle' }, { text: 'ne+dle', regex: true }]) {
      expect(hits(await scanAll(journal, criteria, count))).toEqual([2, 12, odd.length + 10_000_000])
    }
  })

  test('with context are grouped, each line once', async () => {
    const journal = record([['stdout', Buffer.from(Array.from({ length: 20 }, (_, line) => `${line}\n`).join(''))]])
    const sent = await scanAll(journal, { text: '^(5|7|15)$', regex: true }, { kind: 'lines', limit: 1e9, context: 2 })
    expect(text(sent).trim().split('\n').map(Number)).toEqual([3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17])
    const one = await scanAll(journal, { text: '^(5|7|15)$', regex: true }, { kind: 'lines', limit: 1, context: 1 })
    expect(text(one).trim().split('\n').map(Number)).toEqual([4, 5, 6])
  })

  test('of a level are those whose first level word or field says so', () => {
    const lines = [
      '2026-12-01 ERROR disk',
      'level=error msg="an info"',
      '{"level":"warn","msg":"error"}',
      'INFO no error here',
      'terror is no level',
      '[debug] x',
    ]
    const of = (level: NonNullable<LineCriteria['level']>) => {
      const found: string[] = []
      const bytes = Buffer.from(lines.join('\n'))
      lineMatcher({ ...plain, level }).forEachLine(
        bytes,
        (start, to) => found.push(bytes.toString('utf8', start, to)) > 0,
      )
      return found.map((line) => lines.indexOf(line))
    }
    expect([of('error'), of('warn'), of('info'), of('debug')]).toEqual([[0, 1], [2], [3], [5]])
  })
})

describe('patterns', () => {
  test.each(['(', '[a', 'a{2000}', '(?=x)', '(a)\\1', '*'])('that are not valid are refused: %s', (pattern) => {
    expect(() => lineMatcher({ ...plain, text: pattern, regex: true })).toThrow(InvalidPattern)
  })

  test.each(['(a+)+$', '(a|a)*$', '(a*)*b', '(.*a){20}$'])(
    'that let other engines hang take linear time: %s',
    async (pattern) => {
      const journal = record([['stdout', Buffer.from(`${`${'a'.repeat(2000)}!\n`.repeat(20)}aab\n`)]])
      end(await scanAll(journal, { text: pattern, regex: true }, count))
    },
  )
})
