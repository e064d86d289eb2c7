import { expect, test } from 'vitest'
import { Semaphore } from './semaphore'

test('so many are inside at a time, and the others follow in order', async () => {
  const turnstile = new Semaphore(2)
  const entered: number[] = []
  const leave = new Map<number, () => void>()
  for (const name of [1, 2, 3, 4]) {
    void turnstile.enter().then((turn) => {
      entered.push(name)
      leave.set(name, turn.leave)
    })
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  await settle()
  expect(entered).toEqual([1, 2])
  leave.get(2)?.()
  await settle()
  expect(entered).toEqual([1, 2, 3])
  leave.get(1)?.()
  leave.get(3)?.()
  await settle()
  expect(entered).toEqual([1, 2, 3, 4])
})
