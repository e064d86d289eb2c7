/** Sandboxes on disk: one folder each, with one metadata file that is only ever replaced whole. */
import { existsSync, fsyncSync, lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import type { SandboxFolder } from '../../isolation/isolation'
import { sandboxFolder } from '../../isolation/sandbox-folder'
import { isMissing, readOwnFile, replaceFile } from '../../state/files'
import { StateKeys } from '../../state/state-keys'
import { removeTree } from './remove-tree'
import { type SandboxRecord, sandboxRecordSchema } from './sandbox-record'

/** A full or read-only disk, in words for the client. */
export function cannotSave(error: unknown): ApiError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  return new ApiError('INSUFFICIENT_STORAGE', `the data folder cannot be written (${code}); make room and try again`)
}

const metadata = 'sandbox.json'
const longestMetadata = 64 * 1024 ** 2
/** A copied home that waits for the first start, and one that is still being written. */
const seed = 'seed.tar'
const unfinishedSeed = 'seed.tar.part'
const folderNameSchema = z.uuid()

export class SandboxStore {
  private readonly root: string
  /** Folders on their way out; a crash in between leaves them here and the next start removes them. */
  private readonly bin: string
  private readonly keys: StateKeys

  constructor(dataDir: string) {
    this.root = path.join(dataDir, 'sandboxes')
    this.bin = path.join(dataDir, 'deleted')
    mkdirSync(this.root, { recursive: true, mode: 0o700 })
    mkdirSync(this.bin, { recursive: true, mode: 0o700 })
    this.keys = StateKeys.open(dataDir)
  }

  folderOf(id: string): SandboxFolder {
    return sandboxFolder(path.join(this.root, folderNameSchema.parse(id)))
  }

  /** With which the toolbox of a sandbox authenticates what it records. */
  stateKeyOf(id: string): string {
    return this.keys.keyFor(id)
  }

  /** Where the files are put that a new sandbox finds in its home. */
  seedOf(id: string): string {
    return path.join(this.folderOf(id).path, seed)
  }

  unfinishedSeedOf(id: string): string {
    return path.join(this.folderOf(id).path, unfinishedSeed)
  }

  /** Make the folder of a new sandbox; what is below it is made by the isolation. */
  make(id: string): void {
    try {
      mkdirSync(this.folderOf(id).path, { recursive: true, mode: 0o700 })
    } catch (error) {
      throw cannotSave(error)
    }
  }

  /**
   * Every sandbox that was saved. Folders without metadata were never handed out (warm ones of an earlier engine), and
   * those with half a copy never ran: both are returned as `unclaimed`. Metadata that cannot be read is set aside,
   * reported, and stops nobody else.
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
        const record = sandboxRecordSchema.parse(JSON.parse(readOwnFile(file, longestMetadata).toString('utf8')))
        if (record.id !== id) throw new Error(`it names sandbox ${record.id}`)
        records.push(record)
      } catch (error) {
        if (isMissing(error)) {
          unclaimed.push(id)
          continue
        }
        unreadable.push(id)
        renameSync(path.join(this.root, id), path.join(this.root, `unreadable-${id}-${Date.now()}`))
        console.error(
          `The metadata of sandbox ${id} cannot be read; its files are kept in sandboxes/unreadable-${id}.`,
          error,
        )
      }
    }
    return { records, unclaimed, unreadable }
  }

  /** Replace the metadata: after a crash at any moment there is the old or the new one. Throws `INSUFFICIENT_STORAGE`. */
  save(record: SandboxRecord): void {
    try {
      this.write(record)
    } catch (error) {
      throw cannotSave(error)
    }
  }

  private write(record: SandboxRecord): void {
    const file = path.join(this.folderOf(record.id).path, metadata)
    replaceFile(file, JSON.stringify(record, null, 2), fsyncSync)
  }

  /** Forget a sandbox at once: its folder is out of the way when this resolves, and its files go in the background. */
  async remove(id: string): Promise<void> {
    const away = path.join(this.bin, `${id}-${Date.now()}`)
    try {
      await rename(this.folderOf(id).path, away)
    } catch (error) {
      if (!isMissing(error)) throw error
      return
    }
    this.discard(away)
  }

  /** Finish deletions that an earlier engine began. */
  emptyBin(): void {
    for (const name of readdirSync(this.bin)) this.discard(path.join(this.bin, name))
  }

  private discard(folder: string): void {
    removeTree(folder).catch((error: unknown) => {
      console.error(`${folder} could not be removed; the next start tries again:`, error)
    })
  }
}
