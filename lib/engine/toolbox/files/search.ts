/** `GET /files/find` (text in files) and `GET /files/search` (names by pattern). */
import { ApiError } from '@/lib/process-api/errors'
import type { FileMatch } from '@/lib/process-api/files'
import type { fileOperations } from '@/lib/process-api/operations/files'
import type { OperationHandler } from '../../http/operation-request'
import { type SearchSlot, withSearchSlot } from '../search/search-slot'
import { fileFailure } from './file-errors'
import { compileGlob } from './glob'
import { matchingLines } from './line-matches'
import { type OpenFile, openForReading } from './open-file'
import { checkedPath, type FileSpace } from './paths'
import { sendJsonArray } from './streamed-json'
import { type VisitedEntry, walk } from './walk'

/** A file with a NUL in its first bytes is not text. */
const probeBytes = 512

/** A whole disk may be searched, but not forever: sparse files may have any size. */
const timeoutMs = 10 * 60_000

export function findInFiles(space: FileSpace): OperationHandler<typeof fileOperations.findInFiles> {
  return async ({ query, response }) => {
    const path = checkedPath(query.path)
    const needle = Buffer.from(query.pattern)
    const isClientDisconnected = () => response.destroyed
    await withSearchSlot({ isClientDisconnected, timeoutMs }, (slot) =>
      sendJsonArray(response, matches(space, visit(space, path, slot), needle, slot)),
    )
  }
}

export function searchFiles(space: FileSpace): OperationHandler<typeof fileOperations.searchFiles> {
  return async ({ query, response }) => {
    const path = checkedPath(query.path)
    const matches = compileGlob(query.pattern)
    if (!matches) throw new ApiError('BAD_REQUEST', 'pattern is not a valid file name pattern')
    const isClientDisconnected = () => response.destroyed
    await withSearchSlot({ isClientDisconnected, timeoutMs }, (slot) =>
      sendJsonArray(response, names(visit(space, path, slot), matches), { before: '{"files":', after: '}' }),
    )
  }
}

/** Walk until the client disconnects. */
async function* visit(space: FileSpace, path: string, slot: SearchSlot): AsyncIterable<VisitedEntry> {
  const absolute = space.absolute(path)
  try {
    await space.refuseOwnTarget(absolute, path)
    for await (const visited of walk(path, absolute)) {
      if (!(await slot.mayContinue())) return
      yield visited
    }
  } catch (error) {
    throw fileFailure(error, path)
  }
}

async function* names(visited: AsyncIterable<VisitedEntry>, matches: (name: string) => boolean): AsyncIterable<string> {
  for await (const { name, path } of visited) if (matches(name)) yield path
}

async function* matches(
  space: FileSpace,
  visited: AsyncIterable<VisitedEntry>,
  needle: Buffer,
  slot: SearchSlot,
): AsyncIterable<FileMatch> {
  for await (const { path, absolute, isFile } of visited) {
    if (!isFile) continue
    const file = await openIfAllowed(space, absolute)
    if (!file) continue
    try {
      const contents = file.contents ? fromBuffer(file.contents) : file.handle.createReadStream({ autoClose: false })
      for await (const { line, content, truncated } of matchingLines(textOnly(contents, slot), needle)) {
        if (!(await slot.mayContinue())) return
        yield { file: path, line, content, ...(truncated ? { truncated } : {}) }
      }
    } finally {
      await file.handle.close()
    }
  }
}

/** Null for a file that may not be read, which is skipped. */
async function openIfAllowed(space: FileSpace, path: string): Promise<OpenFile | null> {
  try {
    return await openForReading(space, path)
  } catch (error) {
    if (error instanceof ApiError) return null
    throw error
  }
}

async function* fromBuffer(contents: Buffer): AsyncIterable<Buffer> {
  yield contents
}

/** The chunks of a text file, until the search may not continue. Files that are not text have none. */
async function* textOnly(chunks: AsyncIterable<Buffer>, slot: SearchSlot): AsyncIterable<Buffer> {
  let first = true
  for await (const chunk of chunks) {
    if (first && chunk.subarray(0, probeBytes).includes(0)) return
    first = false
    if (!(await slot.mayContinue())) return
    yield chunk
  }
}
