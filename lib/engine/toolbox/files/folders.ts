import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ApiError } from '@/lib/process-api/errors'
import { errorName } from './failure'

/**
 * Make a folder and its parents, as `mkdir -p` does. Node's recursive mkdir is not used: it never returns where a file
 * system answers ENOENT to mkdir itself, as /proc does.
 * @returns whether the folder was made; false when it was there
 * @throws ApiError INVALID_FILE_PATH where something else is in the way, else the system's error
 */
export async function makeFolders(folder: string, mode: number): Promise<boolean> {
  const missing: string[] = []
  for (let part = folder; ; part = dirname(part)) {
    const found = await isFolder(part)
    if (found === false) throw new ApiError('INVALID_FILE_PATH', `not a directory: ${part}`)
    if (found || part === '/') break
    missing.unshift(part)
  }
  for (const part of missing) await makeOne(part, mode)
  return missing.length > 0
}

async function makeOne(folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, { mode })
  } catch (error) {
    // Somebody else may have made it since.
    if (errorName(error) !== 'EEXIST' || (await isFolder(folder)) !== true) throw error
  }
}

/** Null where there is nothing. */
async function isFolder(path: string): Promise<boolean | null> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (errorName(error) !== 'ENOENT') throw error
    return null
  }
}
