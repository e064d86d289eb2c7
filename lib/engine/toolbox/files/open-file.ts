/** Opens files for clients: only regular files, never blocking, never the toolbox's own files. */
import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemPath } from '@/lib/process-api/byte-names'
import { ApiError } from '@/lib/process-api/errors'
import { withPathErrors } from './file-errors'
import { createFolders } from './folders'
import type { FileSpace } from './paths'

/** A file that is open for reading. The owner must close `handle`. */
export interface OpenFile {
  handle: FileHandle
  stats: BigIntStats
  /** Bytes to send. */
  size: number
  /** The whole contents of a file in /proc or /sys, whose size is reported as 0; otherwise null. */
  contents: Buffer | null
}

/** Maximum bytes to read from a file that reports a size of 0. */
const maxPseudoFileBytes = 4 * 1024 * 1024

/**
 * Open a file to send it.
 * @throws ApiError FILE_NOT_FOUND, FILE_ACCESS_DENIED, INVALID_FILE_PATH (a folder, a device, a FIFO), FILE_READ_FAILED
 */
export function openForReading(space: FileSpace, path: string): Promise<OpenFile> {
  return withPathErrors(path, async () => {
    // O_NONBLOCK: opening a FIFO would otherwise wait for a writer and block one of the few file system threads.
    const handle = await open(systemPath(space.absolute(path)), constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stats = await handle.stat({ bigint: true })
      requireRegularFile(stats, path)
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
 * Open a file to overwrite it. Missing files and parents are created; links are followed.
 * The file is truncated only after it was found to be writable.
 */
export async function openForWriting(space: FileSpace, path: string): Promise<FileHandle> {
  const absolute = space.absolute(path)
  await space.refuseOwnFolder(absolute, path)
  await createFolders(dirname(absolute), 0o755)
  const handle = await open(systemPath(absolute), constants.O_WRONLY | constants.O_CREAT | constants.O_NONBLOCK, 0o666)
  try {
    const stats = await handle.stat({ bigint: true })
    requireRegularFile(stats, path)
    await space.refuseOwnDescriptor(handle.fd, path)
    if (stats.size > 0n) await handle.truncate(0)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

function requireRegularFile(stats: BigIntStats, path: string): void {
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
    if (size > maxPseudoFileBytes)
      throw new ApiError(
        'FILE_READ_FAILED',
        `the file reports no size and is larger than ${maxPseudoFileBytes / 1024 ** 2} MiB`,
      )
  }
}
