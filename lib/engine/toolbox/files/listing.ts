/** `GET /files` and `GET /files/info`. */
import type { BigIntStats } from 'node:fs'
import { lstat, readlink, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { systemPath, textOfName } from '@/lib/process-api/byte-names'
import type { FileInfo } from '@/lib/process-api/files'
import type { fileOperations } from '@/lib/process-api/operations/files'
import type { OperationHandler } from '../../http/operation-request'
import { errorName, withPathErrors } from './file-errors'
import { describeFile } from './file-info'
import { checkedPath, type FileSpace } from './paths'
import { type NamedEntry, readFolder } from './read-folder'
import { sendJsonArray } from './streamed-json'

/** How many files of a folder are read concurrently. */
const parallel = 64

export function fileDetails(space: FileSpace): OperationHandler<typeof fileOperations.getFileInfo> {
  return async ({ query, reply, client }) => {
    const path = checkedPath(query.path)
    const absolute = space.absolute(path)
    const info = await withPathErrors(path, async () => {
      await space.refuseOwnTarget(absolute, path)
      const shownPath = client.rejectsUnknownFields ? null : join(absolute)
      if (!query.links)
        return describeFile(basename(path), shownPath, await stat(systemPath(absolute), { bigint: true }))
      const link = await linkTarget(absolute)
      const stats = await (link === null ? lstatOf : statOrLstat)(absolute, { bigint: true })
      return { ...describeFile(basename(path), shownPath, stats), link }
    })
    reply(200, info)
  }
}

/** Entries of a folder, sorted by name; with `depth` also of its subfolders, each folder before its contents. */
export function listFolder(space: FileSpace): OperationHandler<typeof fileOperations.listFiles> {
  return async ({ query, response, client }) => {
    const path = checkedPath(query.path || '.')
    const { depth, links } = query
    const absolute = space.absolute(path)
    const entries = await withPathErrors(path, async () => {
      await space.refuseOwnTarget(absolute, path)
      return await readFolder(absolute)
    })
    await sendJsonArray(
      response,
      describeAll(join(absolute), entries, depth, {
        withPath: !client.rejectsUnknownFields,
        links,
      }),
    )
  }
}

interface ListingOptions {
  withPath: boolean
  /** Say where links lead. */
  links: boolean
}

async function* describeAll(
  folder: string,
  entries: NamedEntry[],
  depth: number,
  options: ListingOptions,
): AsyncIterable<FileInfo> {
  const { withPath, links } = options
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (let at = 0; at < entries.length; at += parallel) {
    const group = entries.slice(at, at + parallel)
    const found = await Promise.all(group.map((entry) => entryOrNull(folder, entry, links)))
    for (const [index, entry] of group.entries()) {
      const facts = found[index]
      if (!facts) continue
      const path = join(folder, entry.name)
      const info = describeFile(entry.name, withPath ? path : null, facts.stats)
      yield links ? { ...info, link: facts.link } : info
      // Links to folders are listed but not entered, because links may form a cycle.
      if (depth > 1 && entry.isDirectory()) yield* describeAll(path, await readOrNothing(path), depth - 1, options)
    }
  }
}

/** Null for an unreadable entry, which is skipped. A link without a target is described itself. */
async function entryOrNull(
  folder: string,
  entry: NamedEntry,
  links: boolean,
): Promise<{ stats: BigIntStats; link: string | null } | null> {
  const path = join(folder, entry.name)
  try {
    const stats = await (entry.isSymbolicLink() ? statOrLstat : lstatOf)(path, { bigint: true })
    return { stats, link: links && entry.isSymbolicLink() ? await readTarget(path) : null }
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return null
  }
}

/** What a link points to; null for everything else. */
async function linkTarget(path: string): Promise<string | null> {
  return (await lstat(systemPath(path))).isSymbolicLink() ? await readTarget(path) : null
}

async function readTarget(path: string): Promise<string> {
  return textOfName(await readlink(systemPath(path), { encoding: 'buffer' }))
}

function lstatOf(path: string, options: { bigint: true }): Promise<BigIntStats> {
  return lstat(systemPath(path), options)
}

/** What a link points to, or the link itself where it has no target. */
async function statOrLstat(path: string, options: { bigint: true }): Promise<BigIntStats> {
  try {
    return await stat(systemPath(path), options)
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return await lstat(systemPath(path), options)
  }
}

/** An unreadable subfolder is listed without its contents. */
async function readOrNothing(path: string): Promise<NamedEntry[]> {
  try {
    return await readFolder(path)
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return []
  }
}
