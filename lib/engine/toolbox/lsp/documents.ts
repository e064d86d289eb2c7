/** Finds and reads the documents of a language server. */
import { stat } from 'node:fs/promises'
import { posix } from 'node:path'
import { ApiError } from '@/lib/process-api/errors'
import { openForReading } from '../files/open-file'
import type { FileSpace } from '../files/paths'

const maxDocumentBytes = 8 * 1024 * 1024

export interface DocumentText {
  readonly text: string
  /** Changes when the file does. */
  readonly version: string
}

/**
 * Paths that a `uri` may mean, the likeliest first. SDKs send `file://` and a path that is relative to the working directory
 * or to the project, and not percent-encoded.
 * @param project absolute
 */
export function candidatePaths(uri: string, project: string, workDir: string): string[] {
  const path = uri.replace(/^file:\/\//i, '')
  const decoded = decode(path)
  const spellings = decoded === path ? [path] : [path, decoded]
  const folders = path.startsWith('/') ? ['/'] : [workDir, project]
  return folders.flatMap((folder) => spellings.map((spelling) => posix.resolve(folder, spelling)))
}

/** The absolute path of a document: the first candidate that exists, or the first. */
export async function findDocument(uri: string, project: string, workDir: string): Promise<string> {
  const candidates = candidatePaths(uri, project, workDir)
  for (const candidate of candidates) {
    if (await exists(candidate)) return candidate
  }
  return candidates[0] ?? workDir
}

/** @throws ApiError as for downloads, and PAYLOAD_TOO_LARGE */
export async function readDocument(space: FileSpace, path: string): Promise<DocumentText> {
  const { handle, stats, size, contents } = await openForReading(space, path)
  try {
    if (size > maxDocumentBytes) {
      throw new ApiError('PAYLOAD_TOO_LARGE', `the document ${path} is longer than ${maxDocumentBytes} bytes`, {
        limit: maxDocumentBytes,
      })
    }
    const bytes = contents ?? Buffer.alloc(size)
    let length = contents ? contents.length : 0
    // The file may become shorter meanwhile.
    while (!contents && length < size) {
      const { bytesRead } = await handle.read(bytes, length, size - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return { text: bytes.toString('utf8', 0, length), version: `${stats.ino}:${stats.mtimeNs}:${stats.size}` }
  } finally {
    await handle.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
