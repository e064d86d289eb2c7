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

  // Checked one by one, the entries of a response of 32 MiB take more than a minute, in which nothing else is served.
  test.each([
    ['numbers', 0],
    ['symbols with a name that is too long', { name: 'x'.repeat(20_000), kind: 1, range }],
  ])('%s are not searched for symbols without end', (_what, entry) => {
    let read = 0
    const entries = new Proxy(Array(1_000_000).fill(entry), {
      get: (target, key, receiver) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) read += 1
        return Reflect.get(target, key, receiver)
      },
    })
    expect(readSymbols(entries, '')).toEqual([])
    expect(read).toBeLessThan(100_000)
  })

  test('nested without end are cut', () => {
    let symbol: object = { name: 'x', kind: 1, range }
    for (let depth = 0; depth < 1000; depth += 1) symbol = { name: 'x', kind: 1, range, children: [symbol] }
    expect(readSymbols([symbol], '').length).toBe(101)
  })
})
