/** The part of the disk that sandboxes may not take: journals, records and the engine itself go on with it. */
import { statfsSync } from 'node:fs'
import { ApiError } from '@/lib/process-api/errors'

const mebibyte = 1024 ** 2
const units: Record<string, number> = { K: 1024, M: mebibyte, G: 1024 ** 3, T: 1024 ** 4 }
/** How often the free space is compared with the reserve while a copy is made. */
const lookMs = 100

/** As a number of bytes, or as a percentage of the file system. */
export type ReserveSize = { readonly bytes: number } | { readonly percent: number }

/** Unless told otherwise: 5 % of the disk, at most 2 GiB. */
const defaultPercent = 5
const defaultMaxBytes = 2 * 1024 ** 3

/** Read `512M`, `2G`, `1073741824`, `5%` or `0`. Returns null for anything else. */
export function parseReserve(text: string): ReserveSize | null {
  const match = /^(\d{1,15}(?:\.\d{1,3})?)(%|[KMGT]?)$/i.exec(text)
  if (!match) return null
  const number = Number(match[1])
  const unit = match[2]?.toUpperCase() ?? ''
  if (unit === '%') return number <= 90 ? { percent: number } : null
  return { bytes: Math.floor(number * (units[unit] ?? 1)) }
}

export class DiskReserve {
  /** @param size null for the default */
  constructor(
    private readonly dataDir: string,
    private readonly size: ReserveSize | null,
  ) {}

  /** Bytes that are kept free. */
  get bytes(): number {
    const { size } = this
    if (size && 'bytes' in size) return size.bytes
    const { blocks, bsize } = statfsSync(this.dataDir)
    const share = (blocks * bsize * (size?.percent ?? defaultPercent)) / 100
    return Math.floor(size ? share : Math.min(share, defaultMaxBytes))
  }

  /** Bytes that sandboxes may still take; below 0 where the reserve itself is touched. */
  available(): number {
    const { bavail, bsize, files, ffree } = statfsSync(this.dataDir)
    const reserve = this.bytes
    // A file system that makes its inodes as it needs them says 0.
    if (reserve > 0 && files > 0 && ffree < Math.min(1_000, files / 100)) return -1
    return bavail * bsize - reserve
  }

  /**
   * Throws `INSUFFICIENT_STORAGE` where so many bytes more would touch the reserve.
   * @param what what would take them: `the copy`
   */
  require(bytes: number, what: string): void {
    const available = this.available()
    if (available > bytes) return
    throw this.refusal(what, available, bytes)
  }

  /** Do something that fills the disk, and abort its signal with a plain sentence when the reserve is reached. */
  async guard<T>(what: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const full = new AbortController()
    const timer = setInterval(() => {
      const available = this.available()
      if (available < 0) full.abort(this.refusal(what, available))
    }, lookMs)
    try {
      return await work(AbortSignal.any([signal, full.signal]))
    } finally {
      clearInterval(timer)
    }
  }

  private refusal(what: string, available: number, needed?: number): ApiError {
    const reserveBytes = this.bytes
    const free = `${Math.max(0, Math.floor(available / mebibyte))} MiB are free above the reserve of ${Math.ceil(reserveBytes / mebibyte)} MiB`
    const wanted = needed ? ` needs about ${Math.ceil(needed / mebibyte)} MiB, and` : ' cannot be made:'
    return new ApiError(
      'INSUFFICIENT_STORAGE',
      `${what}${wanted} only ${free} (SANDGLASS_DISK_RESERVE); delete files or sandboxes and try again`,
      { availableBytes: Math.max(0, available), reserveBytes, ...(needed ? { neededBytes: needed } : {}) },
    )
  }
}
