/** Tokens that their bearer can read but not make: `1.<id>.<seconds>.<signature>`, all of it safe in URLs and cookies. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export interface SignedToken {
  /** 128 random bits. */
  id: string
  /** Seconds since the epoch; what it means is up to the kind of token. */
  seconds: number
}

const form = /^1\.([A-Za-z0-9_-]{22})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})$/

export function newTokenId(): string {
  return randomBytes(16).toString('base64url')
}

export function signToken({ id, seconds }: SignedToken, key: Uint8Array): string {
  const payload = `1.${id}.${seconds}`
  return `${payload}.${signature(payload, key).toString('base64url')}`
}

/** The token's contents, or null for anything that this key did not sign. Takes as long for a near miss as for a far one. */
export function verifyToken(text: string, key: Uint8Array): SignedToken | null {
  const match = form.exec(text)
  if (match === null) return null
  const [, id = '', seconds = '', signed = ''] = match
  const expected = signature(`1.${id}.${seconds}`, key)
  const given = Buffer.from(signed, 'base64url')
  if (given.byteLength !== expected.byteLength || !timingSafeEqual(given, expected)) return null
  return { id, seconds: Number(seconds) }
}

function signature(payload: string, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(payload).digest()
}
