import { expect, test } from 'vitest'
import { retryDelay } from './backoff'

test('delays double up to 15 seconds', () => {
  const delays = [0, 1, 2, 3, 4, 5, 6, 50].map((attempt) => retryDelay(attempt, () => 1))
  expect(delays).toEqual([400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000])
})

test('each delay is random in the upper half of its range', () => {
  expect(retryDelay(2, () => 0)).toBe(800)
  expect(retryDelay(2, () => 0.5)).toBe(1200)
})
