import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemPath } from '@/lib/process-api/byte-names'
import { ApiError } from '@/lib/process-api/errors'
import { errorName } from './file-errors'

/**
 * Create a folder and its parents, like `mkdir -p`. Node's recursive mkdir never returns on file systems that fail mkdir
 * with ENOENT, such as /proc.
 * @returns true if the folder was created, false if it existed
 * @throws ApiError INVALID_FILE_PATH if a file is in the way, else the system's error
 */
export async function createFolders(folder: string, mode: number): Promise<boolean> {
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
    await mkdir(systemPath(folder), { mode })
  } catch (error) {
    // Another process may have created it meanwhile.
    if (errorName(error) !== 'EEXIST' || (await isFolder(folder)) !== true) throw error
  }
}

/** Null if the path does not exist. */
async function isFolder(path: string): Promise<boolean | null> {
  try {
    return (await stat(systemPath(path))).isDirectory()
  } catch (error) {
    if (errorName(error) !== 'ENOENT') throw error
    return null
  }
}
