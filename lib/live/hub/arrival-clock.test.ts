import { expect, it } from 'vitest'
import { ArrivalClock } from './arrival-clock'

it('has no time for the first burst, and arrival times after a pause', () => {
  let now = 1_000
  const clock = new ArrivalClock(() => now)
  const after = (ms: number) => {
    now += ms
    return clock.stamp()
  }
  expect([after(20), after(100), after(249)]).toEqual([null, null, null])
  expect([after(300), after(1)]).toEqual([1_669, 1_670])
})
