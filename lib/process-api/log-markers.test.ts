import { describe, expect, it } from 'vitest'
import { LogMarkerReader, type MarkedPiece } from './log-markers'

const out = '\x01\x01\x01'
const err = '\x02\x02\x02'

function read(chunks: Uint8Array[]): MarkedPiece[] {
  const reader = new LogMarkerReader()
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()]
}

function textOf(pieces: MarkedPiece[], stream: string): string {
  return Buffer.concat(pieces.filter((it) => it.stream === stream).map((it) => it.data)).toString('latin1')
}

describe('LogMarkerReader', () => {
  it('tells the streams apart and counts payload bytes only', () => {
    const pieces = read([Buffer.from(`${out}one\n${err}two\n${out}three`)])
    expect(pieces.map(({ stream, offset, data }) => [stream, offset, Buffer.from(data).toString()])).toEqual([
      ['stdout', 0, 'one\n'],
      ['stderr', 4, 'two\n'],
      ['stdout', 8, 'three'],
    ])
  })

  it('reads the same whatever way the log is cut', () => {
    const log = Buffer.from(`${out}a\x01b\x01\x01c${err}\x02d${out}\x01${err}e\x01\x01`, 'latin1')
    const whole = read([log])
    for (let first = 0; first <= log.length; first += 1) {
      for (let second = first; second <= log.length; second += 1) {
        const cut = read([log.subarray(0, first), log.subarray(first, second), log.subarray(second)])
        for (const stream of ['stdout', 'stderr']) expect(textOf(cut, stream)).toBe(textOf(whole, stream))
        expect(cut.reduce((sum, it) => sum + it.data.byteLength, 0)).toBe(12)
        cut.reduce((expected, it) => {
          expect(it.offset).toBe(expected)
          return expected + it.data.byteLength
        }, 0)
      }
    }
  })

  it('drops what comes before the first marker', () => {
    expect(read([Buffer.from(`lost${out}kept`)]).map((it) => Buffer.from(it.data).toString())).toEqual(['kept'])
  })

  it('gives single marker bytes of the output back, also at the very end', () => {
    expect(textOf(read([Buffer.from(`${out}x\x01`), Buffer.from('\x01')]), 'stdout')).toBe('x\x01\x01')
  })

  it('does not hold back a prompt', () => {
    const reader = new LogMarkerReader()
    expect(reader.push(Buffer.from(`${out}Name? `)).map((it) => Buffer.from(it.data).toString())).toEqual(['Name? '])
  })
})
