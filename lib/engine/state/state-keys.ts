/** The secret from which every sandbox's key for its records comes. It stays in the engine's data folder. */
import { hkdfSync, randomBytes } from 'node:crypto'
import path from 'node:path'
import { isMissing, readOwnFile, replaceFile, StateFileError } from './files'

const secretBytes = 32
const longest = 1024

export class StateKeys {
  private constructor(private readonly secret: Buffer) {}

  /** Made at the first start and kept, readable by its owner only. Only the engine that holds the lock may ask. */
  static open(dataDir: string): StateKeys {
    const file = path.join(dataDir, 'state-secret')
    const kept = read(file)
    if (kept) return new StateKeys(kept)
    const made = randomBytes(secretBytes)
    replaceFile(file, `${made.toString('hex')}\n`)
    return new StateKeys(made)
  }

  /** The key of one sandbox, in base64. */
  keyOf(sandboxId: string): string {
    return Buffer.from(hkdfSync('sha256', this.secret, '', `state of sandbox ${sandboxId}`, 32)).toString('base64')
  }
}

function read(file: string): Buffer | null {
  let text: string
  try {
    text = readOwnFile(file, longest).toString('latin1').trim()
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new StateFileError(
      file,
      'is not a secret of Sandglass: remove it, and earlier records are shown as not verified',
    )
  }
  return Buffer.from(text, 'hex')
}
