import { replaceFile } from './files'

/**
 * Replace a file atomically: readers see the old or the new content, even after a kill -9 of the writer. The file is not
 * synced to disk, which would cost every command milliseconds, so a power failure may lose the last writes.
 */
export function writeFileAtomic(path: string, content: string): void {
  replaceFile(path, content)
}
