/** `GET /files` and `GET /files/info`. */
import { isUtf8 } from 'node:buffer'
import type { BigIntStats, Dirent } from 'node:fs'
import { lstat, readdir, readlink, stat } from 'node:fs/promises'
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
      const shownPath = client.rejectsUnknownFields ? null : join(absolute)
      if (!query.links) return describeFile(basename(path), shownPath, await stat(absolute, { bigint: true }))
      const link = await linkTarget(absolute)
      const stats = await (link === null ? lstat : statOrLstat)(absolute, { bigint: true })
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
      return await readdir(absolute, { withFileTypes: true })
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
  /** Report links, also those without a target, and names that are not UTF-8. */
  links: boolean
}

async function* describeAll(
  folder: string,
  entries: Dirent[],
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
  if (links && entries.some(({ name }) => name.includes('\uFFFD'))) yield* undecodableEntries(folder)
}

/** Null for an unreadable entry, which is skipped; without `links` also for a link without a target. */
async function entryOrNull(
  folder: string,
  entry: Dirent,
  links: boolean,
): Promise<{ stats: BigIntStats; link: string | null } | null> {
  const path = join(folder, entry.name)
  try {
    if (!links || !entry.isSymbolicLink()) return { stats: await stat(path, { bigint: true }), link: null }
    return { stats: await statOrLstat(path, { bigint: true }), link: await readlink(path) }
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return null
  }
}

/** What a link points to; null for everything else. */
async function linkTarget(path: string): Promise<string | null> {
  return (await lstat(path)).isSymbolicLink() ? await readlink(path) : null
}

/** What a link points to, or the link itself where it has no target. */
async function statOrLstat(path: string, options: { bigint: true }): Promise<BigIntStats> {
  try {
    return await stat(path, options)
  } catch (error) {
    if (errorName(error) === undefined) throw error
    return await lstat(path, options)
  }
}

/** Entries whose names are not UTF-8, with replacement characters in their names. They have no path. */
async function* undecodableEntries(folder: string): AsyncIterable<FileInfo> {
  for (const raw of await readdir(folder, { encoding: 'buffer' })) {
    if (isUtf8(raw)) continue
    const stats = await lstat(Buffer.concat([Buffer.from(`${folder}/`), raw]), { bigint: true }).catch(() => null)
    if (stats) yield { ...describeFile(raw.toString(), null, stats), link: null, undecodable: true }
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
