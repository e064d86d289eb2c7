import { describe, expect, test } from 'vitest'
import { readCompletions, readSymbols } from './results'

const range = { start: { line: 1, character: 2 }, end: { line: 3, character: 4 } }

describe('completions', () => {
  test.each([null, 7, 'x', {}, { items: 'x' }])('there are none in %j', (result) => {
    expect(readCompletions(result)).toEqual({ isIncomplete: false, items: [] })
  })

  test('are read from a list and from an array; other fields and invalid items are left out', () => {
    const items = [
      { label: 'a', kind: 3, detail: 'd', documentation: 'text', sortText: 'a', data: { secret: 1 }, insertText: null },
      { label: 'b', documentation: { kind: 'markdown', value: '*x*' } },
      { label: 'c', kind: 'wrong' },
      { kind: 3 },
      null,
    ]
    const read = [
      { label: 'a', kind: 3, detail: 'd', documentation: { kind: 'plaintext', value: 'text' }, sortText: 'a' },
      { label: 'b', documentation: { kind: 'markdown', value: '*x*' } },
      { label: 'c' },
    ]
    expect(readCompletions(items)).toEqual({ isIncomplete: false, items: read })
    expect(readCompletions({ isIncomplete: true, items })).toEqual({ isIncomplete: true, items: read })
  })
})

describe('symbols', () => {
  test('are flat, whatever the server sends', () => {
    const flat = { name: 'f', kind: 12, location: { uri: 'file:///b', range }, containerName: 'x' }
    const nested = { name: 'C', kind: 5, range, selectionRange: range, children: [{ name: 'm', kind: 6, range }, 7] }
    expect(readSymbols([flat, nested, {}, null], 'file:///a')).toEqual([
      { name: 'f', kind: 12, location: { uri: 'file:///b', range } },
      { name: 'C', kind: 5, location: { uri: 'file:///a', range } },
      { name: 'm', kind: 6, location: { uri: 'file:///a', range } },
    ])
    expect(readSymbols(null, '')).toEqual([])
  })

  test('nested without end are cut', () => {
    let symbol: object = { name: 'x', kind: 1, range }
    for (let depth = 0; depth < 1000; depth += 1) symbol = { name: 'x', kind: 1, range, children: [symbol] }
    expect(readSymbols([symbol], '').length).toBe(101)
  })
})
