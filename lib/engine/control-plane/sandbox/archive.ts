/**
 * The archive of a stopped sandbox: its home as one compressed file. The record says which of the two holds the files, the
 * folder or the archive. That one is complete on the disk before the record changes, and the other is removed after it, so
 * that a crash at any moment loses nothing.
 */
import { execFile } from 'node:child_process'
import { closeSync, existsSync, fsyncSync, openSync, statSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { log } from '@/lib/log/log'
import { repairHome } from '../../isolation/sandbox-folder'
import type { CopyMeter } from '../disk/copy-tracker'
import { ownerEnvironment } from '../disk/owner-command'
import { copyHome, unpackHome } from './home-copy'
import type { HomeTransfersOptions } from './home-transfers'
import type { SandboxRecord } from './sandbox-record'
import { type SandboxStore, storageError } from './sandbox-store'
import type { ToolboxLink } from './toolbox-link'

const run = promisify(execFile)

/**
 * Move the home into the archive. Rejects with an error for the client, and then the home is unchanged.
 * @param homeBytes size of the home; null when unknown
 */
export async function createArchive(
  { saved, folder, store, reserve, signal }: HomeTransfersOptions,
  homeBytes: number | null,
  { expect, onBytes }: CopyMeter,
): Promise<void> {
  const { id } = saved.record
  const draft = store.unfinishedArchiveOf(id)
  const file = store.archiveOf(id)
  expect(homeBytes)
  reserve.require(0, 'the archive')
  await rm(draft, { force: true })
  await reserve.guard('the archive', signal, (guarded) =>
    copyHome(folder.home, null, draft, { signal: guarded, onBytes, archived: true }),
  )
  try {
    await rename(draft, file)
    syncFolder(folder.path)
  } catch (error) {
    throw storageError(error)
  }
  saved.change({ archive: { at: new Date().toISOString(), homeBytes } })
  // The archive is complete: a home that cannot be removed now is removed at the next start of the engine.
  await store.removeHome(id).catch((error: unknown) => {
    log.error({ err: error }, `the home of the archived sandbox ${id} could not be removed`)
  })
}

/**
 * Unpack the archive into the empty home through the toolbox, then delete it.
 * @param attributes restore extended attributes
 */
export async function restoreArchive(
  { saved, folder, store, reserve, signal }: HomeTransfersOptions,
  link: ToolboxLink,
  { expect, onBytes }: CopyMeter,
  attributes: boolean,
): Promise<void> {
  const file = store.archiveOf(saved.record.id)
  expect(statSync(file).size)
  await reserve.guard('restoring the files', signal, (guarded) =>
    unpackHome(link, file, { signal: guarded, onBytes, archived: true }, attributes),
  )
  // A home without permissions for its owner was restored as such; give them back.
  repairHome(folder.home)
  await syncFileSystem(folder.path)
  saved.change({ archive: null })
  await remove(file)
}

/** Remove what a crash left: an unfinished archive, one whose files are in the home, or a home that is in the archive. */
export async function tidyArchive(store: SandboxStore, { id, archive, desired }: SandboxRecord): Promise<void> {
  const file = store.archiveOf(id)
  await remove(store.unfinishedArchiveOf(id))
  if (archive === null) await remove(file)
  // A start removes the files that an unfinished restore has left.
  else if (desired === 'stopped' && existsSync(file) && existsSync(store.folderOf(id).home)) {
    await store.removeHome(id).catch((error: unknown) => {
      log.error({ err: error }, `the home of the archived sandbox ${id} could not be removed`)
    })
  }
}

async function remove(file: string): Promise<void> {
  await rm(file, { force: true }).catch((error: unknown) => {
    log.error({ err: error }, `${file} could not be removed; the next start of the engine will retry`)
  })
}

/** Make the names in a folder durable. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Write all files to the disk. tar does not, and the archive is deleted next. */
async function syncFileSystem(folder: string): Promise<void> {
  // Not every `sync` can be restricted to one file system.
  await run('sync', ['-f', folder], { env: ownerEnvironment }).catch(() => run('sync', [], { env: ownerEnvironment }))
}
