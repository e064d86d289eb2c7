/** Sandboxes on disk: one folder each, with a metadata file that is only ever replaced atomically. */
import { existsSync, fsyncSync, lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import type { SandboxFolder } from '../../isolation/isolation'
import { createSandboxFolder, repairHome, sandboxFolder } from '../../isolation/sandbox-folder'
import { isMissing, readOwnFile, replaceFile } from '../../state/files'
import { StateKeys } from '../../state/state-keys'
import { removeTree } from './remove-tree'
import { type SandboxRecord, sandboxRecordSchema } from './sandbox-record'

/** The error for a full or read-only disk. */
export function storageError(error: unknown): ApiError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  return new ApiError(
    'INSUFFICIENT_STORAGE',
    `the data directory is not writable (${code}); free some space and try again`,
  )
}

const metadata = 'sandbox.json'
const maxMetadataBytes = 64 * 1024 ** 2
/** A copied home that waits for the first start, and one that is still being written. */
const seed = 'seed.tar'
const unfinishedSeed = 'seed.tar.part'
/** The home of an archived sandbox, and one that is still being written. */
const archive = 'home.tar.gz'
const unfinishedArchive = 'home.tar.gz.part'
const folderNameSchema = z.uuid()

export class SandboxStore {
  private readonly root: string
  /** Folders being deleted; after a crash, the next start finishes the job. */
  private readonly trash: string
  private readonly keys: StateKeys

  constructor(dataDir: string) {
    this.root = path.join(dataDir, 'sandboxes')
    this.trash = path.join(dataDir, 'deleted')
    mkdirSync(this.root, { recursive: true, mode: 0o700 })
    mkdirSync(this.trash, { recursive: true, mode: 0o700 })
    this.keys = StateKeys.open(dataDir)
  }

  folderOf(id: string): SandboxFolder {
    return sandboxFolder(path.join(this.root, folderNameSchema.parse(id)))
  }

  /** The key with which the toolbox of a sandbox authenticates its records. */
  stateKeyOf(id: string): string {
    return this.keys.keyFor(id)
  }

  /** The archive that a new sandbox unpacks into its home. */
  seedOf(id: string): string {
    return path.join(this.folderOf(id).path, seed)
  }

  unfinishedSeedOf(id: string): string {
    return path.join(this.folderOf(id).path, unfinishedSeed)
  }

  /** The compressed home of an archived sandbox. */
  archiveOf(id: string): string {
    return path.join(this.folderOf(id).path, archive)
  }

  unfinishedArchiveOf(id: string): string {
    return path.join(this.folderOf(id).path, unfinishedArchive)
  }

  /** Create the folder of a new sandbox; the isolation creates what is below it. */
  create(id: string): void {
    try {
      mkdirSync(this.folderOf(id).path, { recursive: true, mode: 0o700 })
    } catch (error) {
      throw storageError(error)
    }
  }

  /**
   * Load every saved sandbox. `unclaimed` are folders without metadata (warm toolboxes of an earlier engine) and those
   * with an incomplete copy, which never ran. Unreadable metadata is renamed and reported, and does not affect other
   * sandboxes.
   */
  load(): { records: SandboxRecord[]; unclaimed: string[]; unreadable: string[] } {
    const records: SandboxRecord[] = []
    const unclaimed: string[] = []
    const unreadable: string[] = []
    for (const id of readdirSync(this.root)) {
      if (!folderNameSchema.safeParse(id).success) continue
      const file = path.join(this.root, id, metadata)
      if (existsSync(this.unfinishedSeedOf(id))) {
        unclaimed.push(id)
        continue
      }
      try {
        if (!lstatSync(path.join(this.root, id)).isDirectory()) throw new Error('it is not a folder')
        const record = sandboxRecordSchema.parse(JSON.parse(readOwnFile(file, maxMetadataBytes).toString('utf8')))
        if (record.id !== id) throw new Error(`the file is for sandbox ${record.id}`)
        records.push(record)
      } catch (error) {
        if (isMissing(error)) {
          unclaimed.push(id)
          continue
        }
        unreadable.push(id)
        renameSync(path.join(this.root, id), path.join(this.root, `unreadable-${id}-${Date.now()}`))
        log.error(
          { err: error },
          `The metadata of sandbox ${id} is not readable; its files were moved to sandboxes/unreadable-${id}.`,
        )
      }
    }
    return { records, unclaimed, unreadable }
  }

  /** Replace the metadata; after a crash at any moment, the old or the new version is there. Throws `INSUFFICIENT_STORAGE`. */
  save(record: SandboxRecord): void {
    try {
      this.write(record)
    } catch (error) {
      throw storageError(error)
    }
  }

  private write(record: SandboxRecord): void {
    const file = path.join(this.folderOf(record.id).path, metadata)
    replaceFile(file, JSON.stringify(record, null, 2), fsyncSync)
  }

  /** Move the sandbox's folder to the trash and delete the files in the background. */
  async remove(id: string): Promise<void> {
    const trashed = path.join(this.trash, `${id}-${Date.now()}`)
    try {
      await rename(this.folderOf(id).path, trashed)
    } catch (error) {
      if (!isMissing(error)) throw error
      return
    }
    void this.discard(trashed)
  }

  /** Replace the home by an empty one. Resolves when its files are deleted; a failure is only logged. */
  async removeHome(id: string): Promise<void> {
    const folder = this.folderOf(id)
    const trashed = path.join(this.trash, `${id}-home-${Date.now()}`)
    // Moving a folder changes its `..`, which its owner may have forbidden.
    repairHome(folder.home)
    await rename(folder.home, trashed)
    await createSandboxFolder(folder)
    await this.discard(trashed)
  }

  /** Finish deletions that an earlier engine started. */
  emptyTrash(): void {
    for (const name of readdirSync(this.trash)) void this.discard(path.join(this.trash, name))
  }

  private discard(folder: string): Promise<void> {
    return removeTree(folder).catch((error: unknown) => {
      log.error({ err: error }, `${folder} could not be removed; the next start will retry`)
    })
  }
}
