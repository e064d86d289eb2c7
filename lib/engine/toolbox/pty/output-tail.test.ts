import { describe, expect, it } from 'vitest'
import { OutputTail } from './output-tail'

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

describe('the tail of a terminal’s output', () => {
  it('returns everything while nothing was dropped', () => {
    const tail = new OutputTail(100)
    tail.add(Buffer.from('one\r\n'))
    tail.add(Buffer.from('two'))
    expect(text(tail.recent(100))).toBe('one\r\ntwo')
    expect([tail.start, tail.end]).toEqual([0, 8])
  })

  it('keeps at least its limit and drops whole chunks', () => {
    const tail = new OutputTail(10)
    for (let i = 0; i < 100; i += 1) tail.add(Buffer.from(`${String(i).padStart(3, '0')}\n`))
    expect(tail.end).toBe(400)
    expect(tail.end - tail.start).toBeGreaterThanOrEqual(10)
    expect(tail.end - tail.start).toBeLessThan(15)
  })

  it('begins after a line feed where older output was dropped', () => {
    const tail = new OutputTail(100)
    tail.add(Buffer.from('\x1b[31mred line\r\nnext line\r\n$ '))
    expect(text(tail.recent(20))).toBe('next line\r\n$ ')
    expect(text(tail.recent(3))).toBe('$ ')
  })
})
