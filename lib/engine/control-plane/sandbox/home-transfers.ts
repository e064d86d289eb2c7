/** Copies of one sandbox's home: out of it into an archive, and from an archive into it at its first start or restore. */
import { existsSync, statSync } from 'node:fs'
import { log } from '@/lib/log/log'
import type { CopyProgress } from '@/lib/process-api/sandbox'
import type { SandboxFolder } from '../../isolation/isolation'
import { repairHome } from '../../isolation/sandbox-folder'
import { type CopyMeter, CopyTracker } from '../disk/copy-tracker'
import type { DiskReserve } from '../disk/reserve'
import { createArchive, restoreArchive } from './archive'
import { copyHome, UnpackError } from './home-copy'
import { removeTree } from './remove-tree'
import type { SandboxStore } from './sandbox-store'
import type { SavedRecord } from './saved-record'
import { receiveSeed, unpackSeed } from './seed'
import type { ToolboxLink } from './toolbox-link'

export interface HomeTransfersOptions {
  readonly saved: SavedRecord
  readonly folder: SandboxFolder
  readonly store: SandboxStore
  readonly reserve: DiskReserve
  /** Aborts every transfer. */
  readonly signal: AbortSignal
  /** Called when the progress has changed. */
  notify(): void
}

export interface HomeCopyRequest {
  /** The new archive. */
  readonly file: string
  readonly purpose: 'snapshotting' | 'forking'
  readonly signal: AbortSignal
  /** The progress of the sandbox that receives the copy. */
  readonly receiver?: CopyMeter | undefined
  /** The connection to the running toolbox; null when the sandbox does not run. */
  link(): ToolboxLink | null
  /** Resolves with the size of the home in bytes; null when unknown. */
  measureHome(): Promise<number | null>
}

export class HomeTransfers {
  private readonly tracker: CopyTracker
  private restoresAttributes = true

  constructor(private readonly options: HomeTransfersOptions) {
    this.tracker = new CopyTracker(() => options.notify())
  }

  /** The transfer in progress, or null. */
  get progress(): CopyProgress | null {
    return this.tracker.progress
  }

  /** Receive the archive for the home before the first start. Rejects when it is incomplete. */
  receive(copy: (file: string, signal: AbortSignal, meter: CopyMeter) => Promise<void>): Promise<void> {
    const { store, saved, signal } = this.options
    return this.tracker.during('fork', (meter) =>
      receiveSeed(store, saved.record, (file, aborted) => copy(file, aborted, meter), signal),
    )
  }

  /** Copy the home into a new archive, while programs keep running. Rejects with an error for the client. */
  copyOut({ file, purpose, link, signal, receiver, measureHome }: HomeCopyRequest): Promise<void> {
    const { folder, reserve } = this.options
    return this.tracker.during(purpose === 'forking' ? 'fork' : 'snapshot', async (meter) => {
      const size = await measureHome()
      signal.throwIfAborted()
      for (const each of [meter, receiver]) each?.expect(size)
      // A fork temporarily needs twice the space: the archive, and the files unpacked from it.
      reserve.require((size ?? 0) * (purpose === 'forking' ? 2 : 1), 'the copy')
      const onBytes = (bytes: number) => {
        for (const each of [meter, receiver]) each?.onBytes(bytes)
      }
      await reserve.guard('the copy', signal, (guarded) =>
        copyHome(folder.home, link(), file, { signal: guarded, onBytes }),
      )
    })
  }

  /** Move the home of a stopped sandbox into a compressed archive. Rejects with an error for the client; then nothing changed. */
  archive(homeBytes: number | null): Promise<void> {
    this.restoresAttributes = true
    return this.tracker.during('archive', (meter) => createArchive(this.options, homeBytes, meter))
  }

  /** Whether the home is still in an archive: the sandbox has not been usable since. */
  get isWaiting(): boolean {
    const { store, saved } = this.options
    return saved.record.archive !== null || existsSync(store.seedOf(saved.record.id))
  }

  /** Unpack the archive that waits for the first start or the restore, if there is one. */
  async unpack(link: ToolboxLink): Promise<void> {
    const { store, saved, reserve, folder, signal } = this.options
    const { record } = saved
    if (record.archive !== null) {
      await this.tracker.during('restore', (meter) =>
        restoreArchive(this.options, link, meter, this.restoresAttributes),
      )
      return
    }
    const seed = statSync(store.seedOf(record.id), { throwIfNoEntry: false })
    if (!seed) return
    await this.tracker.during('restore', async ({ expect, onBytes }) => {
      expect(seed.size)
      await reserve.guard('the copy', signal, (guarded) =>
        unpackSeed(store, record, link, { signal: guarded, onBytes }),
      )
    })
    // A home without permissions for its owner stays inaccessible in the copy; give them back.
    repairHome(folder.home)
  }

  /**
   * Whether another `unpack` may succeed where one failed: without extended attributes. tar cannot restore those of
   * read-only files, and then not the files either.
   */
  giveUpAttributes(error: unknown): boolean {
    const { id, archive } = this.options.saved.record
    if (!(error instanceof UnpackError) || archive === null || !this.restoresAttributes) return false
    log.warn({ err: error }, `the archive of sandbox ${id} is restored without extended attributes`)
    this.restoresAttributes = false
    return true
  }

  /** Remove what an unfinished `unpack` left in the home; the archive is still there for the next attempt. */
  async discardPartial(): Promise<void> {
    if (this.isWaiting) await removeTree(this.options.folder.home)
  }
}
