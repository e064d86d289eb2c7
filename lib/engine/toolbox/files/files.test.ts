import { describe, expect, it } from 'vitest'
import { fileNameParameters } from './disposition'
import { dayAndTime, goMode } from './file-info'
import { compileGlob } from './glob'
import { type LineMatch, matchingLines } from './line-matches'
import { parseRange } from './range'
import { replaceAll } from './replace'

describe('parseRange', () => {
  it.each([
    [undefined, 'whole'],
    ['lines=1-2', 'whole'],
    ['bytes=0-1,3-4', 'whole'],
    ['bytes=0-', { first: 0, last: 9 }],
    ['bytes=3-3', { first: 3, last: 3 }],
    ['bytes=3-99', { first: 3, last: 9 }],
    ['bytes=-99', { first: 0, last: 9 }],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=5-4', 'unsatisfiable'],
    ['bytes=-', 'unsatisfiable'],
    ['bytes=', 'unsatisfiable'],
    ['bytes=a-b', 'unsatisfiable'],
  ])('%s of ten bytes', (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected)
  })

  it('cannot satisfy any range of an empty file', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable')
    expect(parseRange('bytes=-5', 0)).toBe('unsatisfiable')
  })
})

describe('goMode', () => {
  it.each([
    [0o100644, '-rw-r--r--'],
    [0o040755, 'drwxr-xr-x'],
    [0o041777, 'dtrwxrwxrwx'],
    [0o104755, 'urwxr-xr-x'],
    [0o120777, 'Lrwxrwxrwx'],
    [0o020620, 'Dcrw--w----'],
    [0o010600, 'prw-------'],
    [0o140755, 'Srwxr-xr-x'],
  ])('%o', (mode, text) => {
    expect(goMode(mode)).toBe(text)
  })
})

describe('dayAndTime', () => {
  it('omits trailing zeros of the fraction', () => {
    expect(dayAndTime(1_767_366_245_123_456_789n, ' ')).toBe('2026-01-02 15:04:05.123456789')
    expect(dayAndTime(1_767_366_245_120_000_000n, 'T')).toBe('2026-01-02T15:04:05.12')
    expect(dayAndTime(1_767_366_245_000_000_000n, ' ')).toBe('2026-01-02 15:04:05')
  })

  it('formats times before 1970', () => {
    expect(dayAndTime(-500_000_000n, 'T')).toBe('1969-12-31T23:59:59.5')
  })
})

describe('compileGlob', () => {
  it.each([
    ['*', 'anything', true],
    ['*', '', true],
    ['*.ts', 'a.ts', true],
    ['*.ts', 'a.tsx', false],
    ['a*b*c', 'a-b-b-c', true],
    ['?', '漢', true],
    ['?', '', false],
    ['[a-c]x', 'bx', true],
    ['[^a-c]x', 'bx', false],
    ['[^a-c]x', 'dx', true],
    ['[\\]]', ']', true],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['a.c', 'abc', false],
  ])('%s on %s', (pattern, name, expected) => {
    expect(compileGlob(pattern)?.(name)).toBe(expected)
  })

  it.each(['[', '[]', '[a', '[a-', '[a-]', '[-a]', 'x\\', '[\\'])('%s is invalid', (pattern) => {
    expect(compileGlob(pattern)).toBeNull()
  })

  it('takes bounded time', () => {
    expect(compileGlob('*a'.repeat(40))?.(`${'a'.repeat(250)}b`)).toBe(false)
  })
})

describe('matchingLines', () => {
  async function find(text: string, needle: string, size: number): Promise<LineMatch[]> {
    const bytes = Buffer.from(text)
    async function* chunks() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    }
    const found: LineMatch[] = []
    for await (const match of matchingLines(chunks(), Buffer.from(needle))) found.push(match)
    return found
  }

  it.each([1, 3, 7, 1000])('finds the same lines in chunks of %i bytes', async (size) => {
    const found = await find('one\n\ntwo x\r\nx\nthree\nüx and x', 'x', size)
    expect(found.map(({ line, content }) => [line, content])).toEqual([
      [3, 'two x'],
      [4, 'x'],
      [6, 'üx and x'],
    ])
  })

  it('finds no match across the end of a line', async () => {
    expect(await find('a\nb', 'a\nb', 2)).toEqual([])
    expect(await find('a\nb', 'ab', 2)).toEqual([])
  })

  it('returns the start of a line that is too long to keep, and continues after it', async () => {
    const long = `${'-'.repeat(3_000_000)}needle${'-'.repeat(10)}`
    const found = await find(`a\n${long}\nb\nneedle`, 'needle', 65_536)
    expect(found.map(({ line, truncated, content }) => [line, truncated, content.length])).toEqual([
      [2, true, 65_536],
      [4, false, 6],
    ])
  })
})

describe('replaceAll', () => {
  const replace = async (text: string, pattern: string, value: string) =>
    (await replaceAll(Buffer.from(text), Buffer.from(pattern), Buffer.from(value)))?.toString() ?? null

  it('replaces every occurrence and nothing else', async () => {
    expect(await replace('aXXbXc', 'X', 'YY')).toBe('aYYYYbYYc')
    expect(await replace('aXYbXY', 'XY', '')).toBe('ab')
    expect(await replace('XXX', 'XX', 'a')).toBe('aX')
    expect(await replace('abc', 'X', '')).toBeNull()
  })

  it('serves others while it replaces millions of matches, and takes no memory for each', async () => {
    const text = Buffer.alloc(5_000_000, 'x')
    const before = process.memoryUsage().heapUsed
    let turns = 0
    const timer = setInterval(() => {
      turns += 1
    })
    const result = await replaceAll(text, Buffer.from('x'), Buffer.from('y'))
    clearInterval(timer)
    expect(result?.equals(Buffer.alloc(5_000_000, 'y'))).toBe(true)
    expect(turns).toBeGreaterThan(1)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50 * 1024 ** 2)
  })

  it('refuses a result that would be too long', async () => {
    await expect(replaceAll(Buffer.alloc(1_000_000, 'x'), Buffer.from('x'), Buffer.alloc(1_000))).rejects.toMatchObject(
      {
        code: 'PAYLOAD_TOO_LARGE',
      },
    )
  })
})

describe('fileNameParameters', () => {
  it('keeps control characters and quotes out of the header', () => {
    expect(fileNameParameters('a"\r\nb\\é漢')).toBe(
      `filename="a\\"__b\\\\é_"; filename*=utf-8''a%22%0D%0Ab%5C%C3%A9%E6%BC%A2`,
    )
    expect(fileNameParameters("o'(x)*!")).toBe(`filename="o'(x)*!"; filename*=utf-8''o%27%28x%29%2A!`)
  })
})
