/**
 * Authentication of output as it is recorded. GMAC (AES-GCM without plaintext) takes 0.2 ms for a MB on one core, a
 * third of what SHA-256 takes with the processor's own instructions, so that a journal still takes in 1 GB/s.
 * A code covers the bytes from where the one before it ended. Each has a nonce of its own, because two codes with one
 * nonce would give the key away. The codes themselves are kept in a record, which is authenticated as a whole.
 */
import { type CipherGCM, createCipheriv, randomBytes, timingSafeEqual } from 'node:crypto'
import { read } from 'node:fs'
import { promisify } from 'node:util'
import { z } from 'zod'

const algorithm = 'aes-128-gcm'
const nonceBytes = 12
const readLater = promisify(read)
const block = 256 * 1024

export const outputCodeSchema = z.object({
  /** Offset behind the bytes that it covers. */
  to: z.number().int().min(0),
  nonce: z.string().max(32),
  code: z.string().max(64),
})
export type OutputCode = z.infer<typeof outputCodeSchema>
export const outputCodesSchema = z.array(outputCodeSchema).max(100_000)

/** Takes in bytes as they are written. */
export class OutputCoder {
  private readonly codes: OutputCode[] = []
  private current: { cipher: CipherGCM; nonce: Buffer } | null = null
  private length = 0

  constructor(private readonly key: Buffer) {}

  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.current ??= begin(this.key, randomBytes(nonceBytes))
    this.current.cipher.setAAD(bytes)
    this.length += bytes.length
  }

  /** Codes for all that was added until now. More can be added afterwards. */
  finish(): OutputCode[] {
    if (this.current) {
      const { cipher, nonce } = this.current
      this.codes.push({
        to: this.length,
        nonce: nonce.toString('base64url'),
        code: tagOf(cipher).toString('base64url'),
      })
      this.current = null
    }
    return [...this.codes]
  }
}

/** Whether the file still holds what the codes were made for. Reads it in pieces, so that others get their turn. */
export async function outputMatches(key: Buffer, descriptor: number, codes: readonly OutputCode[]): Promise<boolean> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(block, codes.at(-1)?.to ?? 0))
  let at = 0
  for (const { to, nonce, code } of codes) {
    const iv = Buffer.from(nonce, 'base64url')
    if (to < at || iv.length !== nonceBytes) return false
    const { cipher } = begin(key, iv)
    while (at < to) {
      const { bytesRead } = await readLater(descriptor, buffer, 0, Math.min(buffer.length, to - at), at)
      if (bytesRead === 0) return false
      cipher.setAAD(buffer.subarray(0, bytesRead))
      at += bytesRead
    }
    const given = Buffer.from(code, 'base64url')
    const right = tagOf(cipher)
    if (given.length !== right.length || !timingSafeEqual(given, right)) return false
  }
  return true
}

function begin(key: Buffer, nonce: Buffer): { cipher: CipherGCM; nonce: Buffer } {
  return { cipher: createCipheriv(algorithm, key, nonce), nonce }
}

function tagOf(cipher: CipherGCM): Buffer {
  cipher.final()
  return cipher.getAuthTag()
}
