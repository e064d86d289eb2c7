import { describe, expect, it } from 'vitest'
import type { JournalStream } from '@/lib/process-api/extensions'
import { LineModel } from './line-model'

const encoder = new TextEncoder()

/** The model after these chunks; each chunk is 10 ms later. */
function modelOf(chunks: readonly [JournalStream, string][], maxRows = 1000): LineModel {
  const model = new LineModel(maxRows)
  let offset = 0
  chunks.forEach(([stream, text], index) => {
    const data = encoder.encode(text)
    model.push({ stream, offset, wallMs: 1000 + index * 10, data })
    offset += data.length
  })
  return model
}

const out = (...texts: string[]) => modelOf(texts.map((text) => ['stdout', text]))
const texts = (model: LineModel) => model.rows.map(({ text }) => text)

describe('LineModel', () => {
  it('splits chunks into rows that know offset, time and stream', () => {
    const model = modelOf([
      ['stdout', 'one\ntw'],
      ['stdout', 'o\n'],
      ['stderr', 'é\n\nlast'],
    ])
    expect(model.rows.map(({ text, offset, wallMs, stream, ended }) => [text, offset, wallMs, stream, ended])).toEqual([
      ['one', 0, 1000, 'stdout', true],
      ['two', 4, 1000, 'stdout', true],
      ['é', 8, 1020, 'stderr', true],
      ['', 11, 1020, 'stderr', true],
      ['last', 12, 1020, 'stderr', false],
    ])
  })

  it('starts a row for a stream that changes in the middle of a line', () => {
    const model = modelOf([
      ['stdout', 'Name: '],
      ['stderr', 'warning\n'],
      ['stdout', 'Ada\n'],
    ])
    expect(texts(model)).toEqual(['Name: ', 'warning', 'Ada'])
  })

  it('keeps a progress bar in one row, also while the other stream prints', () => {
    const model = modelOf([
      ['stderr', '\r 10 %'],
      ['stdout', 'file a\n'],
      ['stderr', '\r 60 %'],
      ['stdout', 'file b\n'],
      ['stderr', '\r100 %\ndone\n'],
    ])
    expect(texts(model)).toEqual(['100 %', 'file a', 'file b', 'done'])
  })

  it('overwrites what a carriage return goes back over, and erases the rest on request', () => {
    expect(texts(out('abcdef\rXY\n'))).toEqual(['XYcdef'])
    expect(texts(out('abcdef\rXY\x1b[K\n'))).toEqual(['XY'])
    expect(texts(out('abc\r\ndef\r\n'))).toEqual(['abc', 'def'])
    expect(texts(out('abc\b\bX\n'))).toEqual(['aXc'])
  })

  it('rewrites several progress bars in their rows', () => {
    expect(texts(out('a 1\nb 1\n', '\x1b[2Aa 2\nb 2\n', '\x1b[2A\x1b[Ja 3\nb 3\n', 'end\n'))).toEqual([
      'a 3',
      'b 3',
      'end',
    ])
  })

  it('keeps colours, carries them to the next row, and drops everything else', () => {
    expect(texts(out('\x1b[31mred\nstill\x1b[0m\nplain\x1b[2J\x1b]0;title\x07\n'))).toEqual([
      '\x1b[31mred',
      '\x1b[31mstill\x1b[0m',
      'plain',
    ])
  })

  it('shows a rewritten coloured row once', () => {
    expect(texts(out('\r\x1b[32m10 %\x1b[0m', '\r\x1b[32m20 %\x1b[0m', '\n'))).toEqual(['\x1b[32m20 %\x1b[0m'])
  })

  it('drops the oldest rows, and ends a row that never ends', () => {
    expect(
      modelOf(
        Array.from({ length: 300 }, (_, row) => ['stdout', `${row}\n`]),
        100,
      ).rows.length,
    ).toBeLessThanOrEqual(125)
    const long = out('x'.repeat(40_000))
    expect(long.rows.length).toBeGreaterThanOrEqual(1)
    expect(long.rows.map(({ text }) => text.length).reduce((sum, length) => sum + length, 0)).toBe(40_000)
  })

  it('decodes characters that two chunks share', () => {
    const model = new LineModel(10)
    const bytes = encoder.encode('€\n')
    model.push({ stream: 'stdout', offset: 0, wallMs: null, data: bytes.subarray(0, 1) })
    model.push({ stream: 'stdout', offset: 1, wallMs: null, data: bytes.subarray(1) })
    expect(texts(model)).toEqual(['€'])
  })
})
