/** Checks the free space of the disk with the journals, so that a runaway command cannot fill it completely. */
import { statfsSync } from 'node:fs'

/** The disk is checked again after half of the free space was written, or after this many bytes. */
const maxCheckBytes = 16 * 1024 * 1024
const minCheckBytes = 64 * 1024
/** How often a full disk is checked. */
const fullRecheckIntervalMs = 500

/** Reserved for records, the sandbox's own files and the host: a fiftieth of the disk, at most 64 MiB. */
const reserveShare = 50
const maxReserveBytes = 64 * 1024 * 1024

export class DiskSpace {
  /** Bytes that may be written before the disk is checked again. */
  private allowance = 0
  private full = false
  private checkedAt = 0

  constructor(private readonly folder: string) {}

  /** True if `bytes` more may be written. */
  allows(bytes: number): boolean {
    const now = performance.now()
    if (this.full ? now - this.checkedAt > fullRecheckIntervalMs : this.allowance < bytes) {
      this.checkedAt = now
      const available = this.available()
      this.full = available < bytes
      this.allowance = Math.max(bytes, minCheckBytes, Math.min(available / 2, maxCheckBytes))
    }
    if (this.full) return false
    this.allowance -= bytes
    return true
  }

  /** Free bytes above the reserve; infinite if the file system does not report them. */
  private available(): number {
    try {
      const { bsize, blocks, bavail } = statfsSync(this.folder)
      return bavail * bsize - Math.min(maxReserveBytes, (blocks * bsize) / reserveShare)
    } catch {
      return Number.POSITIVE_INFINITY
    }
  }
}
