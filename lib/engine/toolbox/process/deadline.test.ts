import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startDeadline } from './deadline'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('expires on time', () => {
  const expired = vi.fn()
  startDeadline(2, expired)
  vi.advanceTimersByTime(1999)
  expect(expired).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(expired).toHaveBeenCalledOnce()
})

test('the maximum timeout of the protocol does not expire immediately', () => {
  const expired = vi.fn()
  startDeadline(4_294_967_295, expired)
  vi.advanceTimersByTime(30 * 24 * 3600 * 1000)
  expect(expired).not.toHaveBeenCalled()
  vi.advanceTimersByTime(4_294_967_295_000)
  expect(expired).toHaveBeenCalledOnce()
})

test('can be cancelled', () => {
  const expired = vi.fn()
  const cancel = startDeadline(1, expired)
  cancel()
  vi.advanceTimersByTime(5000)
  expect(expired).not.toHaveBeenCalled()
})
