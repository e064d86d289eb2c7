import { expect, test } from 'vitest'
import { Speed } from './speed'

test('the speed is that of the last seconds', () => {
  const speed = new Speed()
  expect(speed.add(0, 0)).toBe(0)
  expect(speed.add(1_000, 1_000)).toBe(1_000)
  for (let at = 2_000; at <= 10_000; at += 1_000) speed.add(at, 1_000 + (at - 1_000) * 5)
  expect(speed.add(11_000, 51_000)).toBe(5_000)
})
