import { expect, test } from 'vitest'
import { retryDelay } from './backoff'

test('waits double and stop growing at 15 seconds', () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 50].map((attempt) => retryDelay(attempt, () => 1))
  expect(longest).toEqual([400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000])
})

test('each wait is spread over the upper half of its span', () => {
  expect(retryDelay(2, () => 0)).toBe(800)
  expect(retryDelay(2, () => 0.5)).toBe(1200)
})
