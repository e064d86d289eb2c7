/** Deletes folders of any size with constant memory: `rm` of Node starts all deletions of a folder at once, 2 kB for each. */
import type { Dirent } from 'node:fs'
import { lstat, opendir, rmdir, unlink } from 'node:fs/promises'
import { systemPath } from '@/lib/process-api/byte-names'
import { errorName } from './file-errors'

/** How many files of a folder are deleted concurrently. */
const parallel = 64
/** Some entries may be missed while others are deleted, and programs may add more. */
const maxPasses = 3

/**
 * Delete a file, a link, or a folder with everything in it. Names may be any bytes. Links are not followed.
 * @throws the system's error for the first entry that cannot be deleted
 */
export async function removeTree(path: string): Promise<void> {
  const bytes = Buffer.from(systemPath(path))
  if ((await lstat(bytes)).isDirectory()) await removeFolder(bytes)
  else await unlink(bytes)
}

async function removeFolder(folder: Buffer): Promise<void> {
  for (let pass = 1; ; pass += 1) {
    await emptyFolder(folder)
    try {
      await rmdir(folder)
      return
    } catch (error) {
      if (errorName(error) !== 'ENOTEMPTY' || pass === maxPasses) throw error
    }
  }
}

async function emptyFolder(folder: Buffer): Promise<void> {
  // The types do not know that names are bytes with this encoding.
  const entries: AsyncIterable<unknown> = await opendir(folder, { encoding: 'buffer' as 'utf8', bufferSize: parallel })
  let files: Buffer[] = []
  for await (const entry of entries as AsyncIterable<Dirent<Buffer>>) {
    const path = Buffer.concat([folder, Buffer.from('/'), entry.name])
    if (entry.isDirectory()) {
      await ignoreMissing(removeFolder(path))
      continue
    }
    files.push(path)
    if (files.length < parallel) continue
    await Promise.all(files.map(removeFile))
    files = []
  }
  await Promise.all(files.map(removeFile))
}

function removeFile(path: Buffer): Promise<void> {
  return ignoreMissing(unlink(path))
}

/** Another program may delete the same entries. */
async function ignoreMissing(removal: Promise<void>): Promise<void> {
  try {
    await removal
  } catch (error) {
    if (errorName(error) !== 'ENOENT') throw error
  }
}
