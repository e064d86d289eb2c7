import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'

/** When the key was written. Call `readApiKey` first. */
export function apiKeyCreatedAt(dataDir: string): Date {
  return statSync(path.join(dataDir, 'api-key')).mtime
}

/** Read the engine's key; created at the first start, readable by its owner only. Throws file system errors. */
export function readApiKey(dataDir: string): string {
  const file = path.join(dataDir, 'api-key')
  try {
    const existing = readFileSync(file, 'utf8').trim()
    if (existing !== '') return existing
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

/** An unguessable key for the engine. */
function newApiKey(): string {
  return `sg_${randomBytes(24).toString('hex')}`
}
