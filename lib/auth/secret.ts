/** The console's secret: 32 random bytes in the data folder, made once, from which the signing keys are derived. */
import { createHmac, randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const bytes = 32

export interface SigningKeys {
  link: Buffer
  session: Buffer
}

/**
 * Read the secret, making it where there is none. Two processes that start at once end up with the same one.
 * Throws the file system's error where it can neither be read nor made.
 */
export function loadSecret(dataDir: string): Buffer {
  const file = path.join(dataDir, 'console-secret')
  const secret = readIfThere(file) ?? makeSecret(dataDir, file)
  if (secret.byteLength === bytes) return secret
  throw new Error(`${file} is damaged. Delete it and restart; everyone then has to sign in again.`)
}

/** Written aside and linked into place: the file is there whole or not at all, and the first of two makers wins. */
function makeSecret(dataDir: string, file: string): Buffer {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}`
  try {
    writeFileSync(draft, randomBytes(bytes), { mode: 0o600, flush: true })
    linkSync(draft, file)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(draft, { force: true })
  }
  return readFileSync(file)
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null
    throw error
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** One key for each use, so that a signature of one kind is worth nothing as the other. */
export function signingKeys(secret: Uint8Array): SigningKeys {
  const derive = (use: string) => createHmac('sha256', secret).update(`sandglass ${use} 1`).digest()
  return { link: derive('sign-in link'), session: derive('session') }
}
