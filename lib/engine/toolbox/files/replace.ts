/** `POST /files/replace`: replaces a text in several files, with a separate result for each. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { setImmediate as pause } from 'node:timers/promises'
import { log } from '@/lib/log/log'
import { systemPath } from '@/lib/process-api/byte-names'
import { ApiError } from '@/lib/process-api/errors'
import type { ReplaceResult } from '@/lib/process-api/files'
import type { fileOperations } from '@/lib/process-api/operations/files'
import type { OperationHandler } from '../../http/operation-request'
import { fileFailure, reasonOf } from './file-errors'
import { openForReading } from './open-file'
import { checkedPath, type FileSpace } from './paths'

/** A file is in memory while it is changed, as it was and as it will be. */
const maxFileBytes = 256 * 1024 * 1024
/** Matches between two pauses, in which other requests are served. */
const matchesPerSlice = 100_000

export function replaceInFiles(space: FileSpace): OperationHandler<typeof fileOperations.replaceInFiles> {
  return async ({ body, reply }) => {
    const { files, pattern, newValue } = await body()
    const results: ReplaceResult[] = []
    for (const file of files)
      results.push(await replaceInFile(space, file, Buffer.from(pattern), Buffer.from(newValue)))
    reply(200, results)
  }
}

async function replaceInFile(space: FileSpace, file: string, pattern: Buffer, value: Buffer): Promise<ReplaceResult> {
  try {
    const before = await readWhole(space, checkedPath(file, 'file'))
    const after = await replaceAll(before, pattern, value)
    if (after !== null) await overwrite(space, file, after)
    return { file, success: true }
  } catch (error) {
    const known = fileFailure(error, file)
    if (!(known instanceof ApiError)) log.error({ err: error }, `replacing in ${file} failed`)
    return { file, success: false, error: reasonOf(known) }
  }
}

async function readWhole(space: FileSpace, path: string): Promise<Buffer> {
  const file = await openForReading(space, path)
  try {
    if (file.size > maxFileBytes) {
      throw new ApiError('PAYLOAD_TOO_LARGE', `the file is longer than ${maxFileBytes} bytes: ${path}`)
    }
    return file.contents ?? (await file.handle.readFile())
  } finally {
    await file.handle.close()
  }
}

/** Write in place, so that links, owner and mode stay; without O_CREAT, so that a deleted file is not created again. */
async function overwrite(space: FileSpace, path: string, contents: Buffer): Promise<void> {
  const handle = await open(systemPath(space.absolute(path)), constants.O_WRONLY | constants.O_NONBLOCK)
  try {
    await space.refuseOwnDescriptor(handle.fd, path)
    await handle.truncate(0)
    await handle.writeFile(contents)
  } finally {
    await handle.close()
  }
}

/**
 * Replace bytes, not text, so that invalid UTF-8 around a match stays unchanged. Null if there is no match. Takes no memory
 * for each match: a program may have filled the file with them.
 * @throws ApiError PAYLOAD_TOO_LARGE if the result would be too long
 */
export async function replaceAll(bytes: Buffer, pattern: Buffer, value: Buffer): Promise<Buffer | null> {
  let count = 0
  await forEachMatch(bytes, pattern, () => {
    count += 1
  })
  if (count === 0) return null
  const size = bytes.length + count * (value.length - pattern.length)
  if (size > maxFileBytes)
    throw new ApiError('PAYLOAD_TOO_LARGE', `the file would become longer than ${maxFileBytes} bytes`)
  const result = Buffer.allocUnsafe(size)
  let from = 0
  let to = 0
  await forEachMatch(bytes, pattern, (at) => {
    to += bytes.copy(result, to, from, at)
    to += value.copy(result, to)
    from = at + pattern.length
  })
  bytes.copy(result, to, from)
  return result
}

/** Visit the matches that do not overlap, in order. */
async function forEachMatch(bytes: Buffer, pattern: Buffer, visit: (at: number) => void): Promise<void> {
  let count = 0
  for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + pattern.length)) {
    visit(at)
    count += 1
    if (count % matchesPerSlice === 0) await pause()
  }
}
