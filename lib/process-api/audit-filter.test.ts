import { expect, test } from 'vitest'
import { parseAuditFilter } from './audit-filter'

test('separates words and terms', () => {
  expect(parseAuditFilter('npm "run build" person:ada sandbox:s1 action:run.start is:failed is:read')).toEqual({
    words: ['npm', 'run build'],
    person: 'ada',
    sandboxId: 's1',
    action: 'run.start',
    failed: true,
    kind: 'read',
    problems: [],
  })
  expect(parseAuditFilter('since:2h until:2026-01-02T00:00Z', 10_000_000)).toMatchObject({
    since: 2_800_000,
    until: Date.UTC(2026, 0, 2),
  })
})

test.each(['is:x', 'since:soon', 'until:1'])('says what is wrong with %j', (text) => {
  expect(parseAuditFilter(text).problems).toHaveLength(1)
})

test('an unknown name is a word, and nothing is needed', () => {
  expect(parseAuditFilter('http://x y:')).toMatchObject({ words: ['http://x', 'y:'], problems: [] })
  expect(parseAuditFilter('')).toEqual({ words: [], problems: [] })
})
