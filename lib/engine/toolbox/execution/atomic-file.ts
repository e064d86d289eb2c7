import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { withSpareRoom } from '../journal/spare-room'

/**
 * Replace a file whole: readers see the old or the new content, also after a kill -9 of the writer. Not synced to the
 * disk, which would cost every command milliseconds; a power failure may take the last writes along.
 */
export function writeFileAtomic(path: string, content: string): void {
  const draft = `${path}.new`
  const bytes = Buffer.from(content)
  try {
    const file = withSpareRoom(() => openSync(draft, 'w', 0o600))
    try {
      for (let at = 0; at < bytes.length; ) at += withSpareRoom(() => writeSync(file, bytes, at))
    } finally {
      closeSync(file)
    }
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}
