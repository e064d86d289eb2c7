import { expect, test, vi } from 'vitest'
import type { MatchesMessage } from '@/lib/process-api/journal-matches'
import { CallFailure } from '@/lib/queries/call-failure'
import type { LineCriteria, MatchQueries } from './match-queries'
import { WholeCounter } from './whole-count'

const criteria: LineCriteria = {
  text: 'needle',
  regex: false,
  caseSensitive: false,
  wholeWord: false,
  level: null,
  since: null,
  until: null,
}
const end: MatchesMessage = { type: 'end', lines: 3, searched: 9, size: 9, buckets: [1, 2], complete: true }

function counterOf(count: (criteria: LineCriteria, signal: AbortSignal) => AsyncGenerator<MatchesMessage>) {
  const unused = () => Promise.reject(new Error('not used'))
  const queries: MatchQueries = {
    count: (given, _filter, signal) => count(given, signal),
    next: unused,
    lines: unused,
    downloadUrl: () => '',
  }
  return new WholeCounter(queries)
}

test('reports counts while they are found, and the parts at the end', async () => {
  const seen: string[] = []
  const counter = counterOf(async function* () {
    yield { type: 'progress', lines: 1, searched: 4, size: 9 }
    yield { type: 'hits', offsets: [2] }
    yield end
  })
  counter.subscribe(() => seen.push(`${counter.get().phase} ${counter.get().lines}`))
  counter.start(criteria, 'both')
  await vi.waitFor(() => expect(counter.get().phase).toBe('done'))
  expect(seen).toEqual(['searching 0', 'searching 1', 'done 3'])
  expect(counter.get()).toMatchObject({ buckets: [1, 2], size: 9 })
})

test('counts only the newest criteria, and cancels the earlier search', async () => {
  const signals: AbortSignal[] = []
  const counter = counterOf(async function* ({ text }, signal) {
    signals.push(signal)
    if (text === 'old') await new Promise((resolve) => signal.addEventListener('abort', resolve))
    yield { ...end, lines: text === 'old' ? 99 : 3 }
  })
  counter.start({ ...criteria, text: 'old' }, 'both')
  await vi.waitFor(() => expect(signals).toHaveLength(1))
  counter.start(criteria, 'both')
  expect(signals[0]?.aborted).toBe(true)
  await vi.waitFor(() => expect(counter.get()).toMatchObject({ phase: 'done', lines: 3 }))
  counter.clear()
  expect(counter.get().phase).toBe('idle')
})

test('says why a search failed, also when the response ends early', async () => {
  const refused = counterOf(() => {
    throw new CallFailure('BAD_REQUEST', 'the regular expression is not valid: missing )', 400)
  })
  refused.start(criteria, 'both')
  await vi.waitFor(() => expect(refused.get().message).toBe('the regular expression is not valid: missing )'))
  const cut = counterOf(async function* () {
    yield { type: 'progress', lines: 1, searched: 4, size: 9 }
  })
  cut.start(criteria, 'both')
  await vi.waitFor(() => expect(cut.get()).toMatchObject({ phase: 'failed', message: 'The search was interrupted.' }))
})
