import { expect, test } from 'vitest'
import { maxSearches, withSearchTurn } from './search-turn'

const patient = { clientHasLeft: () => false, timeoutMs: 60_000 }

test('as many searches as may be, then 429 until one has ended', async () => {
  const ends: Array<() => void> = []
  const running = Array.from({ length: maxSearches }, () =>
    withSearchTurn(patient, () => new Promise<void>((resolve) => ends.push(resolve))),
  )
  await expect(withSearchTurn(patient, async () => 1)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS', status: 429 })
  ends[0]?.()
  await running[0]
  expect(await withSearchTurn(patient, async () => 1)).toBe(1)
  for (const end of ends) end()
  await Promise.all(running)
})

test('a search that fails gives its place back', async () => {
  for (let i = 0; i <= maxSearches; i += 1) {
    await expect(withSearchTurn(patient, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  }
})

test('ends with a 408 when its time is over', async () => {
  const search = withSearchTurn({ ...patient, timeoutMs: 0 }, (turn) => turn.goesOn())
  await expect(search).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT', status: 408 })
})

test('goes on until the client has left', async () => {
  let left = false
  await withSearchTurn({ ...patient, clientHasLeft: () => left }, async (turn) => {
    expect(await turn.goesOn()).toBe(true)
    left = true
    expect(await turn.goesOn()).toBe(false)
  })
})

test('others get the thread while it works', async () => {
  await withSearchTurn(patient, async (turn) => {
    let others = false
    setImmediate(() => {
      others = true
    })
    // Only a search that gives up the thread sees this end.
    while (!others) await turn.goesOn()
  })
})
