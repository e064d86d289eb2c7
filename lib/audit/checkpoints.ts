/**
 * Signed checkpoints of the audit log, in a file of their own: whoever changes or cuts the database cannot make a
 * checkpoint fit without the key, and the file shows how long the log was.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import path from 'node:path'

export interface Checkpoint {
  seq: number
  /** Hash of the entry with this number. */
  hash: string
  /** Milliseconds since 1970. */
  at: number
}

/** Files of the audit log in a data directory. */
export const auditFiles = (dataDir: string) => ({
  database: path.join(dataDir, 'audit.db'),
  checkpoints: path.join(dataDir, 'audit-checkpoints.jsonl'),
  key: path.join(dataDir, 'audit-key.pem'),
})

export class Checkpoints {
  private readonly key: KeyObject

  /**
   * Reads the key, and creates it for a new log.
   * @throws Error of node:fs, or if the key is damaged
   */
  constructor(private readonly files: { checkpoints: string; key: string }) {
    if (!existsSync(files.key)) {
      const { privateKey } = generateKeyPairSync('ed25519')
      writeNew(files.key, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
    }
    this.key = createPrivateKey(readFileSync(files.key))
  }

  append(checkpoint: Checkpoint): void {
    const signature = sign(null, signedText(checkpoint), this.key).toString('base64')
    appendFileSync(this.files.checkpoints, `${JSON.stringify({ ...checkpoint, signature })}\n`, { mode: 0o600 })
  }

  /** The public half of the key, with which others can verify the checkpoints. */
  publicKey(): string {
    return createPublicKey(this.key).export({ type: 'spki', format: 'pem' }).toString()
  }
}

export interface CheckedCheckpoint extends Checkpoint {
  isSigned: boolean
}

/**
 * All checkpoints of a file, in its order.
 * @param publicKey PEM
 * @returns null in place of a line that is not a checkpoint
 */
export function readCheckpoints(file: string, publicKey: string): (CheckedCheckpoint | null)[] {
  if (!existsSync(file)) return []
  const key = createPublicKey(publicKey)
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseCheckpoint(line, key))
}

function parseCheckpoint(line: string, key: KeyObject): CheckedCheckpoint | null {
  try {
    const { seq, hash, at, signature } = JSON.parse(line) as Record<string, unknown>
    if (typeof seq !== 'number' || typeof hash !== 'string' || typeof at !== 'number') return null
    const checkpoint = { seq, hash, at }
    const isSigned =
      typeof signature === 'string' && verify(null, signedText(checkpoint), key, Buffer.from(signature, 'base64'))
    return { ...checkpoint, isSigned }
  } catch {
    return null
  }
}

function signedText({ seq, hash, at }: Checkpoint): Buffer {
  return Buffer.from(`sandglass audit checkpoint 1\n${seq}\n${hash}\n${at}`)
}

/** Fails if the file exists, so that two processes do not use different keys. */
function writeNew(file: string, text: string): void {
  const descriptor = openSync(file, 'wx', 0o600)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
