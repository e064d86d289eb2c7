/** `GET /files` and `GET /files/info`. */
import type { BigIntStats, Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { FileInfo } from '@/lib/process-api/files'
import type { fileOperations } from '@/lib/process-api/operations/files'
import type { OperationHandler } from '../../http/operation-request'
import { errorName, withPathErrors } from './file-errors'
import { describeFile } from './file-info'
import { checkedPath, type FileSpace } from './paths'
import { sendJsonArray } from './streamed-json'

/** How many files of a folder are read concurrently. */
const parallel = 64

export function fileDetails(space: FileSpace): OperationHandler<typeof fileOperations.getFileInfo> {
  return async ({ query, reply, client }) => {
    const path = checkedPath(query.path)
    const absolute = space.absolute(path)
    const info = await withPathErrors(path, async () => {
      await space.refuseOwnTarget(absolute, path)
      return describeFile(
        basename(path),
        client.rejectsUnknownFields ? null : join(absolute),
        await stat(absolute, { bigint: true }),
      )
    })
    reply(200, info)
  }
}

/** Entries of a folder, sorted by name; with `depth` also of its subfolders, each folder before its contents. */
export function listFolder(space: FileSpace): OperationHandler<typeof fileOperations.listFiles> {
  return async ({ query, response, client }) => {
    const path = checkedPath(query.path || '.')
    const { depth } = query
    const absolute = space.absolute(path)
    const entries = await withPathErrors(path, async () => {
      await space.refuseOwnTarget(absolute, path)
      return await readdir(absolute, { withFileTypes: true })
    })
    await sendJsonArray(response, describeAll(join(absolute), entries, depth, !client.rejectsUnknownFields))
  }
}

async function* describeAll(
  folder: string,
  entries: Dirent[],
  depth: number,
  withPath: boolean,
): AsyncIterable<FileInfo> {
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (let at = 0; at < entries.length; at += parallel) {
    const group = entries.slice(at, at + parallel)
    const found = await Promise.all(group.map((entry) => statOrNull(join(folder, entry.name))))
    for (const [index, entry] of group.entries()) {
      const stats = found[index]
      if (!stats) continue
      const path = join(folder, entry.name)
      yield describeFile(entry.name, withPath ? path : null, stats)
      // Links to folders are listed but not entered, because links may form a cycle.
      if (depth > 1 && entry.isDirectory()) yield* describeAll(path, await readOrNothing(path), depth - 1, withPath)
    }
  }
}

/** Null for an unreadable entry, such as a dangling link, which is skipped. */
async function statOrNull(path: string): Promise<BigIntStats | null> {
  try {
    return await stat(path, { bigint: true })
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return null
  }
}

/** An unreadable subfolder is listed without its contents. */
async function readOrNothing(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return []
  }
}
