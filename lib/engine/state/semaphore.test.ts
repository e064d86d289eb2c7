import { expect, test } from 'vitest'
import { Semaphore } from './semaphore'

test('admits as many as its limit, and the others in order', async () => {
  const semaphore = new Semaphore(2)
  const acquired: number[] = []
  const release = new Map<number, () => void>()
  for (const name of [1, 2, 3, 4]) {
    void semaphore.acquire().then((permit) => {
      acquired.push(name)
      release.set(name, permit.release)
    })
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  await settle()
  expect(acquired).toEqual([1, 2])
  release.get(2)?.()
  await settle()
  expect(acquired).toEqual([1, 2, 3])
  release.get(1)?.()
  release.get(3)?.()
  await settle()
  expect(acquired).toEqual([1, 2, 3, 4])
})
