/** The secret from which each sandbox's record key is derived. It never leaves the engine's data directory. */
import { hkdfSync, randomBytes } from 'node:crypto'
import path from 'node:path'
import { isMissing, readOwnFile, replaceFile, StateFileError } from './files'

const secretBytes = 32
const maxBytes = 1024

export class StateKeys {
  private constructor(private readonly secret: Buffer) {}

  /** Read the secret, or create it at the first start, readable by its owner only. The caller must hold the engine lock. */
  static open(dataDir: string): StateKeys {
    const file = path.join(dataDir, 'state-secret')
    const stored = readSecret(file)
    if (stored) return new StateKeys(stored)
    const created = randomBytes(secretBytes)
    replaceFile(file, `${created.toString('hex')}\n`)
    return new StateKeys(created)
  }

  /** The key of one sandbox, in base64. */
  keyFor(sandboxId: string): string {
    return Buffer.from(hkdfSync('sha256', this.secret, '', `state of sandbox ${sandboxId}`, 32)).toString('base64')
  }
}

function readSecret(file: string): Buffer | null {
  let text: string
  try {
    text = readOwnFile(file, maxBytes).toString('latin1').trim()
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new StateFileError(
      file,
      'is not a Sandglass secret: remove it; earlier records will then be shown as not verified',
    )
  }
  return Buffer.from(text, 'hex')
}
