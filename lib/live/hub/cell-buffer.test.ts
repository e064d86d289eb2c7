import { describe, expect, it } from 'vitest'
import type { CellPart } from '../cell-protocol'
import { CellBuffer, cellHeadChars, cellTailChars } from './cell-buffer'

const out = (text: string): CellPart => ({ kind: 'output', stream: 'stdout', text })

function textOf(parts: readonly CellPart[]): string {
  return parts.map((part) => (part.kind === 'output' ? part.text : '')).join('')
}

function omittedIn(parts: readonly CellPart[]): number {
  return parts.reduce((sum, part) => sum + (part.kind === 'omitted' ? part.chars : 0), 0)
}

describe('parts of a cell that wait', () => {
  it('are sent in order', () => {
    const buffer = new CellBuffer()
    const error: CellPart = { kind: 'item', item: { kind: 'error', at: 0, name: 'E', value: '', traceback: '' } }
    for (const part of [out('a'), out('b'), error, out('c')]) buffer.push(part)
    const parts = buffer.take(Infinity)
    expect(textOf(parts)).toBe('abc')
    expect(parts.findIndex(({ kind }) => kind === 'item')).toBe(parts.length - 2)
    expect(buffer.isEmpty).toBe(true)
  })

  it('lose the middle of a flood and count it, however long nothing is taken', () => {
    const buffer = new CellBuffer()
    const line = `${'x'.repeat(99)}\n`
    let sent = 0
    let received = ''
    for (let index = 0; index < 50_000; index += 1) {
      buffer.push(out(line))
      sent += line.length
      if (index === 100) received += textOf(buffer.take(Infinity))
    }
    buffer.push(out('the end'))
    const parts = buffer.take(Infinity)
    const all = received + textOf(parts)
    expect(all.length).toBeLessThan(cellHeadChars + cellTailChars * 2 + 1_000)
    expect(all.length + omittedIn(parts)).toBe(sent + 'the end'.length)
    expect(all.slice(0, cellHeadChars)).toBe(line.repeat(700).slice(0, cellHeadChars))
    expect(all.endsWith('the end')).toBe(true)
  })

  it('are taken in portions', () => {
    const buffer = new CellBuffer()
    const item: CellPart = { kind: 'item', item: { kind: 'answer', at: 0, text: '' } }
    for (let index = 0; index < 5; index += 1) buffer.push(item, 100)
    expect(buffer.size).toBe(500)
    expect(buffer.take(250)).toHaveLength(2)
    expect(buffer.take(10)).toHaveLength(1)
    expect(buffer.size).toBe(200)
  })

  it('keep every item and state between omitted output', () => {
    const buffer = new CellBuffer()
    for (let index = 0; index < 100; index += 1) {
      buffer.push(out('y'.repeat(20_000)))
      buffer.push({ kind: 'item', item: { kind: 'answer', at: 0, text: String(index) } })
    }
    expect(buffer.take(Infinity).filter(({ kind }) => kind === 'item')).toHaveLength(100)
  })
})
