/**
 * Signed preview tokens, which grant access to one port of one sandbox until they expire. A token contains its claims and is
 * signed by the engine, so that only revoked tokens have to be stored.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** Id, expiry and signature: 33 bytes, or 53 characters of base 32, so that `{port}-{token}` is one DNS label. */
const idBytes = 16
const expiryBytes = 4
const signatureBytes = 13
const tokenPattern = /^[a-z2-7]{53}$/
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

export interface SignedPreview {
  readonly token: string
  readonly sandboxId: string
  readonly port: number
  /** Unix seconds. */
  readonly expires: number
}

/** @param key the engine's own key */
export function signPreview(key: string, sandboxId: string, port: number, expires: number): SignedPreview {
  const head = Buffer.alloc(idBytes + expiryBytes)
  head.write(sandboxId.replaceAll('-', ''), 'hex')
  head.writeUInt32BE(expires, idBytes)
  return { token: toBase32(Buffer.concat([head, signatureOf(key, head, port)])), sandboxId, port, expires }
}

/** Read a token that this engine signed for this port; null for anything else. The token may have expired. */
export function readSignedPreview(key: string, token: string, port: number): SignedPreview | null {
  if (!tokenPattern.test(token)) return null
  const bytes = fromBase32(token)
  // 53 digits have one spare bit; a token must have only one valid spelling.
  if (toBase32(bytes) !== token) return null
  const head = bytes.subarray(0, idBytes + expiryBytes)
  if (!timingSafeEqual(bytes.subarray(head.length), signatureOf(key, head, port))) return null
  const id = head.toString('hex', 0, idBytes)
  const sandboxId = id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return { token, sandboxId, port, expires: head.readUInt32BE(idBytes) }
}

function signatureOf(key: string, head: Buffer, port: number): Buffer {
  return createHmac('sha256', key).update(`v1:preview:${port}:`).update(head).digest().subarray(0, signatureBytes)
}

function toBase32(bytes: Buffer): string {
  const bits = BigInt(`0x${bytes.toString('hex')}`)
  const length = Math.ceil((bytes.length * 8) / 5)
  const digits = Array.from({ length }, (_, index) => alphabet[Number((bits >> BigInt(index * 5)) & 31n)])
  return digits.reverse().join('')
}

function fromBase32(text: string): Buffer {
  let bits = 0n
  for (const digit of text) bits = (bits << 5n) | BigInt(alphabet.indexOf(digit))
  const length = Math.floor((text.length * 5) / 8)
  const hex = BigInt.asUintN(length * 8, bits).toString(16)
  return Buffer.from(hex.padStart(length * 2, '0'), 'hex')
}
