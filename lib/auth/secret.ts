/** The console's secret: 32 random bytes in the data directory, generated once. The signing keys are derived from it. */
import { createHmac, randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const bytes = 32

export interface SigningKeys {
  link: Buffer
  session: Buffer
  person: Buffer
}

/**
 * Reads the secret, or generates it if there is none. Two processes that start at the same time get the same secret.
 * Throws the file system's error if it can neither be read nor created.
 */
export function loadSecret(dataDir: string): Buffer {
  const file = path.join(dataDir, 'console-secret')
  const secret = readIfThere(file) ?? makeSecret(dataDir, file)
  if (secret.byteLength === bytes) return secret
  throw new Error(`${file} is damaged. Delete it and restart; everyone then has to sign in again.`)
}

/** Writes a temporary file and links it, so that the file is never partial and the first of two processes wins. */
function makeSecret(dataDir: string, file: string): Buffer {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const temporary = `${file}.${process.pid}`
  try {
    writeFileSync(temporary, randomBytes(bytes), { mode: 0o600, flush: true })
    linkSync(temporary, file)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(temporary, { force: true })
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

/** One key per purpose, so that a signature for one is invalid for the other. */
export function signingKeys(secret: Uint8Array): SigningKeys {
  const derive = (use: string) => createHmac('sha256', secret).update(`sandglass ${use} 1`).digest()
  return { link: derive('sign-in link'), session: derive('session'), person: derive('person') }
}
