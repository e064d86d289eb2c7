import { describe, expect, test } from 'vitest'
import { termOf, withTerm } from './filter-terms'
import { parseHistoryFilter } from './history-filter'
import { historyCursorSchema } from './history-schemas'

describe('parseHistoryFilter', () => {
  test('separates words and terms', () => {
    const filter = parseHistoryFilter(
      'npm "run build" state:failed state:timeout exit:1 label:team=api tag:x is:pinned',
    )
    expect(filter).toMatchObject({
      words: ['npm', 'run build'],
      states: ['failed', 'timed-out'],
      exitCodes: [1],
      labels: ['team=api'],
      tags: ['x'],
      pinned: true,
      problems: [],
    })
  })

  test('keeps quoted values of terms together', () => {
    expect(parseHistoryFilter('label:"owner=A B" x').labels).toEqual(['owner=A B'])
  })

  test('takes what looks like a term of another name as a word', () => {
    expect(parseHistoryFilter('http://x y:').words).toEqual(['http://x', 'y:'])
    // A word with a NUL would be an error of the database.
    expect(parseHistoryFilter('npm\0test').words).toEqual(['npm', 'test'])
  })

  test.each(['state:x', 'exit:-1', 'kind:x', 'is:x', 'since:x', 'until:2026-13-45'])('reports %s', (text) => {
    expect(parseHistoryFilter(text).problems).toHaveLength(1)
  })

  test('reads times relative to now', () => {
    expect(parseHistoryFilter('since:2h', 10_000_000)).toMatchObject({ since: 2_800_000 })
    expect(parseHistoryFilter('until:2026-01-02T00:00Z').until).toBe(Date.UTC(2026, 0, 2))
  })
})

test('a term is replaced and removed', () => {
  expect(withTerm('a state:failed b', 'state', 'killed')).toBe('a b state:killed')
  expect(withTerm('a state:failed b', 'state', '')).toBe('a b')
  expect(termOf('a state:failed', 'state')).toBe('failed')
  expect(termOf('a', 'state')).toBe('')
})

test.each(['', '1', '1.2.3', 'a.b', "1.1' OR 1"])('the position %j is refused', (text) => {
  expect(historyCursorSchema.safeParse(text).success).toBe(false)
})
