/**
 * What sandboxes can be created from: `default`, the system of this machine with an empty home, and saved copies of homes.
 * One folder each; the metadata is written last, so that an incomplete copy never counts as a snapshot.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { link, mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { log } from '@/lib/log/log'
import { ApiError } from '@/lib/process-api/errors'
import type { SnapshotDto, SnapshotState } from '@/lib/process-api/snapshots'
import { writeFileAtomic } from '../../state/atomic-file'
import { isMissing, readOwnFile } from '../../state/files'
import { type Quotas, requireQuota } from '../sandbox/quotas'
import type { Sandbox } from '../sandbox/sandbox'
import {
  defaultTemplate,
  localClass,
  localTarget,
  organizationId,
  type SandboxTemplate,
} from '../sandbox/sandbox-record'
import { storageError } from '../sandbox/sandbox-store'

const snapshotRecordSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  sourceSandboxId: z.uuid(),
  cpu: z.number(),
  memory: z.number(),
  disk: z.number(),
  /** Size of the archive. */
  bytes: z.number().int(),
  createdAt: z.string(),
})
type SnapshotRecord = z.infer<typeof snapshotRecordSchema>

/** `default` has the same id in every engine. */
const defaultId = '00000000-0000-4000-8000-000000000002'
const metadata = 'snapshot.json'
const maxMetadataBytes = 1024 * 1024
const archive = 'home.tar'
const folderNameSchema = z.uuid()

export interface Snapshot extends SandboxTemplate {
  readonly id: string
  readonly state: SnapshotState
  /** Null for `default`. */
  readonly record: SnapshotRecord | null
}

export class Snapshots implements Iterable<Snapshot> {
  private readonly root: string
  private readonly records = new Map<string, SnapshotRecord>()
  /** Snapshots whose copy is incomplete, with their cancellation. */
  private readonly pending = new Map<string, { cancel: AbortController; ended: Promise<void> }>()
  /** Creation time of `default`: that of the data directory. */
  private readonly since: string

  constructor(
    dataDir: string,
    private readonly quotas: Quotas,
  ) {
    this.root = path.join(dataDir, 'snapshots')
    mkdirSync(this.root, { recursive: true, mode: 0o700 })
    this.since = statSync(this.root).birthtime.toISOString()
    for (const id of readdirSync(this.root)) if (folderNameSchema.safeParse(id).success) this.load(id)
  }

  *[Symbol.iterator](): Iterator<Snapshot> {
    yield { ...defaultTemplate, id: defaultId, state: 'active', record: null }
    for (const record of this.records.values()) {
      yield { ...record, state: this.pending.has(record.id) ? 'snapshotting' : 'active', record }
    }
  }

  find(idOrName: string): Snapshot | undefined {
    const all = [...this]
    return all.find((it) => it.id === idOrName) ?? all.find((it) => it.name === idOrName)
  }

  /** Throws 404. */
  require(idOrName: string): Snapshot {
    const found = this.find(idOrName)
    if (!found) throw new ApiError('NOT_FOUND', `Snapshot with ID or name ${idOrName.slice(0, 128)} not found`)
    return found
  }

  /** Copy a sandbox's home into a named snapshot. Resolves when the copy is complete; a failed one is removed. */
  async create(source: Sandbox, name: string): Promise<void> {
    if (this.find(name)) throw new ApiError('CONFLICT', `Snapshot with name ${name} already exists`)
    requireQuota(this.quotas, 'snapshots', this.records.size)
    const id = randomUUID()
    const { id: sourceSandboxId, cpu, memory, disk } = source.record
    const record = { id, name, sourceSandboxId, cpu, memory, disk, bytes: 0, createdAt: new Date().toISOString() }
    const cancel = new AbortController()
    let markEnded = () => {}
    const ended = new Promise<void>((resolve) => {
      markEnded = resolve
    })
    this.records.set(id, record)
    this.pending.set(id, { cancel, ended })
    try {
      const file = path.join(this.folderOf(id), archive)
      await orStorageError(() => mkdir(this.folderOf(id), { mode: 0o700 }))
      await source.copyHome(file, 'snapshotting', cancel.signal)
      record.bytes = statSync(file).size
      await orStorageError(() =>
        writeFileAtomic(path.join(this.folderOf(id), metadata), JSON.stringify(record, null, 2)),
      )
    } catch (error) {
      this.records.delete(id)
      await rm(this.folderOf(id), { recursive: true, force: true })
      throw error
    } finally {
      this.pending.delete(id)
      markEnded()
    }
  }

  /** Link the archive of a snapshot to `file`, which outlives the snapshot. Does nothing for `default`. */
  async linkArchive(snapshot: Snapshot, file: string): Promise<void> {
    if (snapshot.record !== null) await link(path.join(this.folderOf(snapshot.id), archive), file)
  }

  /** Delete a snapshot; sandboxes created from it keep their files. Cancels a copy in progress. Throws 422 for `default`. */
  async remove(snapshot: Snapshot): Promise<void> {
    if (snapshot.record === null) {
      throw new ApiError(
        'UNPROCESSABLE_ENTITY',
        'the snapshot default is the system of this machine and cannot be deleted',
      )
    }
    const pendingCopy = this.pending.get(snapshot.id)
    if (pendingCopy) {
      pendingCopy.cancel.abort(new ApiError('CONFLICT', `the snapshot ${snapshot.name} is being deleted`))
      await pendingCopy.ended
    }
    this.records.delete(snapshot.id)
    // Without metadata it no longer counts as a snapshot, even if the rest cannot be removed.
    await rm(path.join(this.folderOf(snapshot.id), metadata), { force: true })
    await rm(this.folderOf(snapshot.id), { recursive: true, force: true })
  }

  /** @param lastUsedAt creation time of the newest existing sandbox that was created from it */
  toDto({ id, name, state, cpu, memory, disk, record }: Snapshot, lastUsedAt: string | null): SnapshotDto {
    const createdAt = record?.createdAt ?? this.since
    return {
      id,
      organizationId,
      general: record === null,
      name,
      state,
      size: record === null || record.bytes === 0 ? null : record.bytes / 1024 ** 3,
      entrypoint: null,
      cpu,
      gpu: 0,
      mem: memory,
      disk,
      errorReason: null,
      createdAt,
      updatedAt: createdAt,
      lastUsedAt,
      sourceSandboxId: record?.sourceSandboxId ?? null,
      sandboxClass: localClass,
      regionIds: [localTarget],
    }
  }

  private folderOf(id: string): string {
    return path.join(this.root, id)
  }

  private load(id: string): void {
    try {
      const record = snapshotRecordSchema.parse(
        JSON.parse(readOwnFile(path.join(this.folderOf(id), metadata), maxMetadataBytes).toString('utf8')),
      )
      if (record.id !== id) throw new Error(`the file is for snapshot ${record.id}`)
      this.records.set(id, record)
    } catch (error) {
      if (isMissing(error)) {
        // An engine exited while the snapshot was being created or deleted.
        rmSync(this.folderOf(id), { recursive: true, force: true })
        return
      }
      log.error({ err: error }, `The metadata of snapshot ${id} is not readable; its files are left in place.`)
    }
  }
}

async function orStorageError(write: () => unknown): Promise<void> {
  try {
    await write()
  } catch (error) {
    throw storageError(error)
  }
}
