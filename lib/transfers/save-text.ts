/** Saves an edited text file. */
import { randomUUID } from 'node:crypto'
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { ApiError } from '@/lib/process-api/errors'
import type { FileInfo } from '@/lib/process-api/files'
import { fileOperations } from '@/lib/process-api/operations/files'
import { fileInfoOrNull, partialPrefix, removeQuietly, sendFile } from './file-upload'

/** What tells two versions of a file apart on every target. */
type Version = Pick<FileInfo, 'size' | 'modifiedAt'>

interface Save {
  sandboxId: string
  path: string
  text: string
  /** The version that was edited; null for a new file, undefined to write in any case. */
  expected?: Version | null | undefined
  signal: AbortSignal
}

/**
 * Writes the text into the file itself, so that its mode, owner and links stay. The bytes are written beside it first:
 * a full disk then fails before the file was touched.
 * @throws ApiError CONFLICT if the file is not the expected version
 */
export async function saveText(client: ProcessApiClient, save: Save): Promise<FileInfo> {
  const { sandboxId, path, text, expected, signal } = save
  const before = await fileInfoOrNull(client, sandboxId, path, signal)
  if (before?.isDir) throw new ApiError('INVALID_FILE_PATH', 'A folder has this name already.')
  if (expected !== undefined) requireVersion(before, expected)
  const bytes = Buffer.from(text)
  const send = (destination: string) =>
    sendFile(client, { sandboxId, path: destination, body: Readable.from([bytes]), length: bytes.length, signal })
  const probe = before && posix.join(posix.dirname(path), `${partialPrefix}${randomUUID()}`)
  try {
    if (probe) await send(probe).catch(ignoreDenied)
    await send(path)
  } finally {
    if (probe) await removeQuietly(client, sandboxId, probe)
  }
  return await client.call(fileOperations.getFileInfo, { sandboxId, query: { path, links: 'true' } }, { signal })
}

function requireVersion(found: FileInfo | null, expected: Version | null): void {
  if (expected === null) {
    if (found) throw new ApiError('CONFLICT', 'A file with this name already exists.')
  } else if (!found) {
    throw new ApiError('CONFLICT', 'The file was deleted or renamed.')
  } else if (found.size !== expected.size || found.modifiedAt !== expected.modifiedAt) {
    throw new ApiError('CONFLICT', 'Someone else changed this file.')
  }
}

/** A file can be writable in a folder that is not. */
function ignoreDenied(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 'FILE_ACCESS_DENIED')) throw error
}
