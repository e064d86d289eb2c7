import { expect, it } from 'vitest'
import { spreadOf } from './statistics'

it('takes percentiles by nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect(spreadOf(values)).toEqual({ count: 100, p50: 50, p95: 95, max: 100 })
  expect(spreadOf([7])).toEqual({ count: 1, p50: 7, p95: 7, max: 7 })
  expect(() => spreadOf([])).toThrow(RangeError)
})
