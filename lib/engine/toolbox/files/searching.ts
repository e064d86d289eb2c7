/** `GET /files/find` (text in files) and `GET /files/search` (names by pattern). */
import { ApiError } from '@/lib/process-api/errors'
import type { FileMatch } from '@/lib/process-api/files'
import type { Handler } from '../../http/router'
import { type SearchSlot, withSearchSlot } from '../search/search-slot'
import { fileFailure } from './failure'
import { compileGlob } from './glob'
import { matchingLines } from './line-matches'
import { type OpenFile, openForReading } from './opening'
import { type FileSpace, pathParameter } from './paths'
import { sendJsonArray } from './streamed-json'
import { type Visited, walk } from './walk'

/** A NUL this early marks a file that is no text. */
const probeBytes = 512

/** A whole disk may be searched, but not for ever: a file may have holes of any size. */
const timeoutMs = 10 * 60_000

export function findInFiles(space: FileSpace): Handler {
  return async ({ query, response }) => {
    const path = pathParameter(query, 'path')
    const needle = Buffer.from(patternParameter(query))
    const clientHasLeft = () => response.destroyed
    await withSearchSlot({ isClientDisconnected: clientHasLeft, timeoutMs }, (turn) =>
      sendJsonArray(response, matches(space, visit(space, path, turn), needle, turn)),
    )
  }
}

export function searchFiles(space: FileSpace): Handler {
  return async ({ query, response }) => {
    const path = pathParameter(query, 'path')
    const matches = compileGlob(patternParameter(query))
    if (!matches) throw new ApiError('BAD_REQUEST', 'pattern is not a valid file name pattern')
    const clientHasLeft = () => response.destroyed
    await withSearchSlot({ isClientDisconnected: clientHasLeft, timeoutMs }, (turn) =>
      sendJsonArray(response, names(visit(space, path, turn), matches), { before: '{"files":', after: '}' }),
    )
  }
}

function patternParameter(query: URLSearchParams): string {
  const pattern = query.get('pattern') ?? ''
  if (pattern === '') throw new ApiError('BAD_REQUEST', 'pattern is required')
  return pattern
}

/** Walk until the client has gone. */
async function* visit(space: FileSpace, path: string, turn: SearchSlot): AsyncIterable<Visited> {
  const absolute = space.absolute(path)
  try {
    await space.refuseOwnTarget(absolute, path)
    for await (const visited of walk(path, absolute)) {
      if (!(await turn.mayContinue())) return
      yield visited
    }
  } catch (error) {
    throw fileFailure(error, path)
  }
}

async function* names(visited: AsyncIterable<Visited>, matches: (name: string) => boolean): AsyncIterable<string> {
  for await (const { name, path } of visited) if (matches(name)) yield path
}

async function* matches(
  space: FileSpace,
  visited: AsyncIterable<Visited>,
  needle: Buffer,
  turn: SearchSlot,
): AsyncIterable<FileMatch> {
  for await (const { path, absolute, isFile } of visited) {
    if (!isFile) continue
    const file = await openUnlessRefused(space, absolute)
    if (!file) continue
    try {
      const contents = file.contents ? fromBuffer(file.contents) : file.handle.createReadStream({ autoClose: false })
      for await (const { line, content, truncated } of matchingLines(textOnly(contents, turn), needle)) {
        if (!(await turn.mayContinue())) return
        yield { file: path, line, content, ...(truncated ? { truncated } : {}) }
      }
    } finally {
      await file.handle.close()
    }
  }
}

/** A file that may not be read has no matches to show. */
async function openUnlessRefused(space: FileSpace, path: string): Promise<OpenFile | null> {
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

/** Nothing at all of a file that is no text, and no more once the search may not go on. */
async function* textOnly(chunks: AsyncIterable<Buffer>, turn: SearchSlot): AsyncIterable<Buffer> {
  let first = true
  for await (const chunk of chunks) {
    if (first && chunk.subarray(0, probeBytes).includes(0)) return
    first = false
    if (!(await turn.mayContinue())) return
    yield chunk
  }
}
