import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import path from 'node:path'

/** The engine's key: made at the first start and kept, readable by its owner only. Throws the file system's error. */
export function readApiKey(dataDir: string): string {
  const file = path.join(dataDir, 'api-key')
  try {
    const kept = readFileSync(file, 'utf8').trim()
    if (kept !== '') return kept
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  const key = newApiKey()
  const handle = openSync(file, 'w', 0o600)
  try {
    writeSync(handle, `${key}\n`)
  } finally {
    closeSync(handle)
  }
  return key
}

/** A value that no client can guess, for the engine's own key. */
function newApiKey(): string {
  return `sg_${randomBytes(24).toString('hex')}`
}
