import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { signingKeys } from './secret'
import { newTokenId, signToken, verifyToken } from './signed-token'

const keys = signingKeys(randomBytes(32))

it('verifies what it signed', () => {
  const token = { id: newTokenId(), seconds: 1_800_000_000 }
  expect(verifyToken(signToken(token, keys.link), keys.link)).toEqual(token)
})

it('is invalid under the key of another purpose', () => {
  const text = signToken({ id: newTokenId(), seconds: 1 }, keys.link)
  expect(verifyToken(text, keys.session)).toBeNull()
})

it('rejects every change of a single character', () => {
  const text = signToken({ id: newTokenId(), seconds: 1_800_000_000 }, keys.session)
  for (let at = 0; at < text.length; at += 1) {
    const other = text[at] === 'A' ? 'B' : 'A'
    const changed = text.slice(0, at) + other + text.slice(at + 1)
    // The last base64 character has unused bits, so a change of those gives the same signature.
    const sameBytes = Buffer.from(changed.slice(-43), 'base64url').equals(Buffer.from(text.slice(-43), 'base64url'))
    if (changed.slice(0, -1) === text.slice(0, -1) && sameBytes) continue
    expect(verifyToken(changed, keys.session)).toBeNull()
  }
})

it.each(['', '.', '1...', '1.a.b.c', `1.${'a'.repeat(22)}.9e9.${'a'.repeat(43)}`, `${'1.'.repeat(5000)}`, '\0'])(
  'rejects %j',
  (text) => {
    expect(verifyToken(text, keys.session)).toBeNull()
  },
)
