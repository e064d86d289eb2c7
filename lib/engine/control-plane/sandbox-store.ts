/** Sandboxes on disk: one folder each, with one metadata file that is only ever replaced whole. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import type { SandboxFolder } from '../isolation/isolation'
import { type SandboxRecord, sandboxRecord } from './sandbox-record'

const metadata = 'sandbox.json'
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
    const folder = path.join(this.root, folderName.parse(id))
    return {
      path: folder,
      home: path.join(folder, 'home'),
      tmp: path.join(folder, 'tmp'),
      state: path.join(folder, 'state'),
      etc: path.join(folder, 'etc'),
    }
  }

  /** Make the folders of a new sandbox. It counts only once its metadata is saved. */
  prepare(id: string): SandboxFolder {
    const folder = this.folderOf(id)
    for (const each of [folder.path, folder.home, folder.tmp, folder.state, folder.etc]) {
      mkdirSync(each, { recursive: true, mode: 0o700 })
    }
    return folder
  }

  /**
   * Every sandbox that was saved. Folders without metadata were never handed out (warm ones of an earlier engine) and
   * are returned as `unclaimed`; metadata that cannot be read is set aside, reported, and stops nobody else.
   */
  load(): { records: SandboxRecord[]; unclaimed: string[] } {
    const records: SandboxRecord[] = []
    const unclaimed: string[] = []
    for (const id of readdirSync(this.root)) {
      if (!folderName.safeParse(id).success) continue
      const file = path.join(this.root, id, metadata)
      try {
        const record = sandboxRecord.parse(JSON.parse(readFileSync(file, 'utf8')))
        if (record.id !== id) throw new Error(`it names sandbox ${record.id}`)
        records.push(record)
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
          unclaimed.push(id)
          continue
        }
        const aside = `${file}.unreadable-${Date.now()}`
        renameSync(file, aside)
        // Without its metadata the folder would be taken for an unclaimed one and removed: keep its files.
        renameSync(path.join(this.root, id), path.join(this.root, `unreadable-${id}`))
        console.error(`The metadata of sandbox ${id} cannot be read; its files are kept in unreadable-${id}.`, error)
      }
    }
    return { records, unclaimed }
  }

  /** Replace the metadata: after a crash at any moment there is the old or the new one. Throws when the disk refuses. */
  save(record: SandboxRecord): void {
    const file = path.join(this.folderOf(record.id).path, metadata)
    const draft = `${file}.new`
    const handle = openSync(draft, 'w', 0o600)
    try {
      writeSync(handle, JSON.stringify(record, null, 2))
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(draft, file)
  }

  /** Forget a sandbox at once; its files go in the background. */
  async remove(id: string): Promise<void> {
    const away = path.join(this.bin, `${id}-${Date.now()}`)
    try {
      await rename(this.folderOf(id).path, away)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
      return
    }
    await rm(away, { recursive: true, force: true, maxRetries: 3 })
  }

  /** Finish deletions that an earlier engine began. */
  emptyBin(): void {
    rmSync(this.bin, { recursive: true, force: true })
    mkdirSync(this.bin, { recursive: true, mode: 0o700 })
  }
}
