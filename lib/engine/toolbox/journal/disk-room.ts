/** Whether the disk that holds the journals still has room, so that a runaway command does not fill it to the brim. */
import { statfsSync } from 'node:fs'

/** The disk is looked at again after so many bytes, or this long while it is full. */
const checkEveryBytes = 16 * 1024 * 1024
const recheckFullMs = 500

/** Kept free for records, for the sandbox's own files and for its host: a fiftieth of the disk, at most 64 MiB. */
const reserveShare = 50
const reserveMax = 64 * 1024 * 1024

export class DiskRoom {
  private sinceCheck = Number.POSITIVE_INFINITY
  private full = false
  private checkedAt = 0

  constructor(private readonly folder: string) {}

  /** True when `bytes` more may be written. */
  allows(bytes: number): boolean {
    this.sinceCheck += bytes
    const now = performance.now()
    if (this.full ? now - this.checkedAt > recheckFullMs : this.sinceCheck > checkEveryBytes) {
      this.checkedAt = now
      this.sinceCheck = 0
      this.full = !this.hasReserve()
    }
    return !this.full
  }

  private hasReserve(): boolean {
    try {
      const { bsize, blocks, bavail } = statfsSync(this.folder)
      return bavail * bsize > Math.min(reserveMax, (blocks * bsize) / reserveShare)
    } catch {
      // A file system that cannot be asked is judged by its writes alone.
      return true
    }
  }
}
