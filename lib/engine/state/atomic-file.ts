import { replaceFile } from './files'

/**
 * Replace a file whole: readers see the old or the new content, also after a kill -9 of the writer. Not synced to the
 * disk, which would cost every command milliseconds; a power failure may take the last writes along.
 */
export function writeFileAtomic(path: string, content: string): void {
  replaceFile(path, content)
}
