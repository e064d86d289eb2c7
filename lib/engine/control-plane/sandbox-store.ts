/** Sandboxes on disk: one folder each, with one metadata file that is only ever replaced whole. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { rename } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import type { SandboxFolder } from '../isolation/isolation'
import { sandboxFolder } from '../isolation/sandbox-folder'
import { withSpareRoom } from '../toolbox/journal/spare-room'
import { removeTree } from './remove-tree'
import { type SandboxRecord, sandboxRecord } from './sandbox-record'

/** A full or read-only disk, in words for the client. */
export function cannotSave(error: unknown): ApiError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  return new ApiError('INSUFFICIENT_STORAGE', `the data folder cannot be written (${code}); make room and try again`)
}

const metadata = 'sandbox.json'
/** A copied home that waits for the first start, and one that is still being written. */
const seed = 'seed.tar'
const unfinishedSeed = 'seed.tar.part'
const folderName = z.uuid()

export class SandboxStore {
  private readonly root: string
  /** Folders on their way out; a crash in between leaves them here and the next start removes them. */
  private readonly bin: string

  constructor(dataDir: string) {
    this.root = path.join(dataDir, 'sandboxes')
    this.bin = path.join(dataDir, 'deleted')
    mkdirSync(this.root, { recursive: true, mode: 0o700 })
    mkdirSync(this.bin, { recursive: true, mode: 0o700 })
  }

  folderOf(id: string): SandboxFolder {
    return sandboxFolder(path.join(this.root, folderName.parse(id)))
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
      if (!folderName.safeParse(id).success) continue
      const file = path.join(this.root, id, metadata)
      if (existsSync(this.unfinishedSeedOf(id))) {
        unclaimed.push(id)
        continue
      }
      try {
        const record = sandboxRecord.parse(JSON.parse(readFileSync(file, 'utf8')))
        if (record.id !== id) throw new Error(`it names sandbox ${record.id}`)
        records.push(record)
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
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
    const draft = `${file}.new`
    const handle = withSpareRoom(() => openSync(draft, 'w', 0o600))
    const bytes = Buffer.from(JSON.stringify(record, null, 2))
    try {
      for (let at = 0; at < bytes.length; ) at += withSpareRoom(() => writeSync(handle, bytes, at))
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(draft, file)
  }

  /** Forget a sandbox at once: its folder is out of the way when this resolves, and its files go in the background. */
  async remove(id: string): Promise<void> {
    const away = path.join(this.bin, `${id}-${Date.now()}`)
    try {
      await rename(this.folderOf(id).path, away)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
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
