/** Whether the disk that holds the journals still has room, so that a runaway command does not fill it to the brim. */
import { statfsSync } from 'node:fs'

/** The disk is looked at again when half of its room was used up since, at the latest after so many bytes. */
const checkEveryBytes = 16 * 1024 * 1024
const checkAtLeastBytes = 64 * 1024
/** While it is full it is looked at this often. */
const recheckFullMs = 500

/** Kept free for records, for the sandbox's own files and for its host: a fiftieth of the disk, at most 64 MiB. */
const reserveShare = 50
const reserveMax = 64 * 1024 * 1024

export class DiskRoom {
  /** Bytes that may be written before the disk is looked at again. */
  private allowance = 0
  private full = false
  private checkedAt = 0

  constructor(private readonly folder: string) {}

  /** True when `bytes` more may be written. */
  allows(bytes: number): boolean {
    const now = performance.now()
    if (this.full ? now - this.checkedAt > recheckFullMs : this.allowance < bytes) {
      this.checkedAt = now
      const room = this.room()
      this.full = room < bytes
      this.allowance = Math.max(bytes, checkAtLeastBytes, Math.min(room / 2, checkEveryBytes))
    }
    if (this.full) return false
    this.allowance -= bytes
    return true
  }

  /** Bytes above the reserve. A file system that cannot be asked is judged by its writes alone. */
  private room(): number {
    try {
      const { bsize, blocks, bavail } = statfsSync(this.folder)
      return bavail * bsize - Math.min(reserveMax, (blocks * bsize) / reserveShare)
    } catch {
      return Number.POSITIVE_INFINITY
    }
  }
}
