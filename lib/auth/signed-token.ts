/** Signed tokens: `1.<id>.<seconds>.<signature>`, safe in URLs and cookies. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export interface SignedToken {
  /** 128 random bits. */
  id: string
  /** Seconds since the epoch; its meaning depends on the kind of token. */
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

/** The token's contents, or null if this key did not sign it. Compares signatures in constant time. */
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
