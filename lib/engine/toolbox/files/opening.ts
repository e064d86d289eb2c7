/** Opening files for clients: regular files only, never blocking, never ours. */
import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ApiError } from '@/lib/process-api/errors'
import { onPath } from './failure'
import { makeFolders } from './folders'
import type { FileSpace } from './paths'

/** A file that is open for reading; whoever has it closes `handle`. */
export interface OpenFile {
  handle: FileHandle
  stats: BigIntStats
  /** Bytes to send. */
  size: number
  /** All of the contents, for the files of /proc and /sys: they say that they are empty and are not. */
  contents: Buffer | null
}

/** Longest contents that are looked for in a file that says it is empty. */
const pseudoFileLimit = 4 * 1024 * 1024

/**
 * Open a file to send it.
 * @throws ApiError FILE_NOT_FOUND, FILE_ACCESS_DENIED, INVALID_FILE_PATH (a folder, a device, a FIFO), FILE_READ_FAILED
 */
export function openForReading(space: FileSpace, path: string): Promise<OpenFile> {
  return onPath(path, async () => {
    // O_NONBLOCK: opening a FIFO would otherwise wait for a writer, in one of the few threads that all files share.
    const handle = await open(space.absolute(path), constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stats = await handle.stat({ bigint: true })
      refuseUnlessFile(stats, path)
      await space.refuseOwnDescriptor(handle.fd, path)
      const contents = stats.size === 0n ? await readPseudoFile(handle) : null
      return { handle, stats, size: contents ? contents.length : Number(stats.size), contents }
    } catch (error) {
      await handle.close()
      throw error
    }
  })
}

/**
 * Open a file to write it anew: made if missing, emptied if not. Parents are made; a link's target is written.
 * The file is emptied only after it was found to be one that may be written.
 */
export async function openForWriting(space: FileSpace, path: string): Promise<FileHandle> {
  const absolute = space.absolute(path)
  await space.refuseOwnFolder(absolute, path)
  await makeFolders(dirname(absolute), 0o755)
  const handle = await open(absolute, constants.O_WRONLY | constants.O_CREAT | constants.O_NONBLOCK, 0o666)
  try {
    const stats = await handle.stat({ bigint: true })
    refuseUnlessFile(stats, path)
    await space.refuseOwnDescriptor(handle.fd, path)
    if (stats.size > 0n) await handle.truncate(0)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

function refuseUnlessFile(stats: BigIntStats, path: string): void {
  if (stats.isDirectory()) throw new ApiError('INVALID_FILE_PATH', `path is a directory: ${path}`)
  if (!stats.isFile()) throw new ApiError('INVALID_FILE_PATH', `path is not a regular file: ${path}`)
}

async function readPseudoFile(handle: FileHandle): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(64 * 1024), 0, 64 * 1024, null)
    if (bytesRead === 0) return size === 0 ? null : Buffer.concat(chunks, size)
    chunks.push(buffer.subarray(0, bytesRead))
    size += bytesRead
    if (size > pseudoFileLimit) throw new ApiError('FILE_READ_FAILED', `the file has no size and does not end`)
  }
}
