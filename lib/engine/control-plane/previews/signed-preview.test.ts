import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { readSignedPreview, signPreview } from './signed-preview'

const key = 'the-key'

test('a token contains sandbox, port and expiry, and fits into a host name', () => {
  for (const port of [1, 3000, 65_535]) {
    const sandboxId = randomUUID()
    const { token } = signPreview(key, sandboxId, port, 1_900_000_000)
    expect(`${port}-${token}`).toMatch(/^[a-z0-9-]{1,63}$/)
    expect(readSignedPreview(key, token, port)).toEqual({ token, sandboxId, port, expires: 1_900_000_000 })
  }
})

test('a token is invalid for another port, with another key, or with any character changed', () => {
  const { token } = signPreview(key, randomUUID(), 3000, 1_900_000_000)
  expect(readSignedPreview(key, token, 3001)).toBeNull()
  expect(readSignedPreview('another', token, 3000)).toBeNull()
  for (let index = 0; index < token.length; index += 1) {
    for (const digit of 'abcdefghijklmnopqrstuvwxyz234567'.replace(token.charAt(index), '')) {
      const changed = token.slice(0, index) + digit + token.slice(index + 1)
      expect(readSignedPreview(key, changed, 3000)).toBeNull()
    }
  }
})

test.each([[''], ['a'], ['a'.repeat(54)], ['1'.repeat(53)], [randomUUID()], ['q'.repeat(53)]])(
  '%j is not a token',
  (token) => expect(readSignedPreview(key, token, 3000)).toBeNull(),
)
