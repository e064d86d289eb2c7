/** The part of the disk reserved for journals, records and the engine itself. */
import { statfsSync } from 'node:fs'
import { ApiError } from '@/lib/process-api/errors'
import type { ReserveSize } from '@/lib/settings/disk-reserve'

const mebibyte = 1024 ** 2
/** Interval of the free-space check during a copy. */
const checkIntervalMs = 100

/** The default: 5 % of the disk, at most 2 GiB. */
const defaultPercent = 5
const defaultMaxBytes = 2 * 1024 ** 3

export class DiskReserve {
  /** @param size null for the default */
  constructor(
    private readonly dataDir: string,
    private readonly size: ReserveSize | null,
  ) {}

  /** Bytes to keep free. */
  get bytes(): number {
    const { size } = this
    if (size && 'bytes' in size) return size.bytes
    const { blocks, bsize } = statfsSync(this.dataDir)
    const share = (blocks * bsize * (size?.percent ?? defaultPercent)) / 100
    return Math.floor(size ? share : Math.min(share, defaultMaxBytes))
  }

  /** Bytes that sandboxes may still use; negative when free space is below the reserve. */
  available(): number {
    const { bavail, bsize, files, ffree } = statfsSync(this.dataDir)
    const reserve = this.bytes
    // File systems with dynamic inodes report 0.
    if (reserve > 0 && files > 0 && ffree < Math.min(1_000, files / 100)) return -1
    return bavail * bsize - reserve
  }

  /**
   * Throws `INSUFFICIENT_STORAGE` when this many more bytes would exceed the reserve.
   * @param what what needs them, for the message: `the copy`
   */
  require(bytes: number, what: string): void {
    const available = this.available()
    if (available > bytes) return
    throw this.reserveError(what, available, bytes)
  }

  /** Run something that fills the disk, and abort its signal with an `ApiError` when the reserve is reached. */
  async guard<T>(what: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const full = new AbortController()
    const timer = setInterval(() => {
      const available = this.available()
      if (available < 0) full.abort(this.reserveError(what, available))
    }, checkIntervalMs)
    try {
      return await work(AbortSignal.any([signal, full.signal]))
    } finally {
      clearInterval(timer)
    }
  }

  private reserveError(what: string, available: number, needed?: number): ApiError {
    const reserveBytes = this.bytes
    const free = `${Math.max(0, Math.floor(available / mebibyte))} MiB are free above the reserve of ${Math.ceil(reserveBytes / mebibyte)} MiB`
    const need = needed ? ` needs about ${Math.ceil(needed / mebibyte)} MiB, but` : ' failed:'
    return new ApiError(
      'INSUFFICIENT_STORAGE',
      `${what}${need} only ${free} (SANDGLASS_DISK_RESERVE); delete files or sandboxes and try again`,
      { availableBytes: Math.max(0, available), reserveBytes, ...(needed ? { neededBytes: needed } : {}) },
    )
  }
}
