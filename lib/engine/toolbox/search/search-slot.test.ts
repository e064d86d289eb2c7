import { expect, test } from 'vitest'
import { maxSearches, withSearchSlot } from './search-slot'

const patient = { isClientDisconnected: () => false, timeoutMs: 60_000 }

test('admits searches up to the limit, then rejects with 429 until one has ended', async () => {
  const ends: Array<() => void> = []
  const running = Array.from({ length: maxSearches }, () =>
    withSearchSlot(patient, () => new Promise<void>((resolve) => ends.push(resolve))),
  )
  await expect(withSearchSlot(patient, async () => 1)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS', status: 429 })
  ends[0]?.()
  await running[0]
  expect(await withSearchSlot(patient, async () => 1)).toBe(1)
  for (const end of ends) end()
  await Promise.all(running)
})

test('a failed search releases its slot', async () => {
  for (let i = 0; i <= maxSearches; i += 1) {
    await expect(withSearchSlot(patient, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  }
})

test('ends with a 408 at its time limit', async () => {
  const search = withSearchSlot({ ...patient, timeoutMs: 0 }, (turn) => turn.mayContinue())
  await expect(search).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT', status: 408 })
})

test('continues until the client has disconnected', async () => {
  let left = false
  await withSearchSlot({ ...patient, isClientDisconnected: () => left }, async (turn) => {
    expect(await turn.mayContinue()).toBe(true)
    left = true
    expect(await turn.mayContinue()).toBe(false)
  })
})

test('yields to other work', async () => {
  await withSearchSlot(patient, async (turn) => {
    let others = false
    setImmediate(() => {
      others = true
    })
    // Ends only if the search yields to the event loop.
    while (!others) await turn.mayContinue()
  })
})
