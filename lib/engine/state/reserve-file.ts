/**
 * Disk space reserved for records on a disk that others may fill: a file that occupies blocks while the disk has space,
 * and is shortened chunk by chunk when a record would not fit. Each process that writes records has one.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs'
import { log } from '@/lib/log/log'

/** Others may have put something else there: never follow a link or block on a FIFO. */
const openFlags =
  constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK

const chunkBytes = 32 * 1024
/** Delay after a use before the file is refilled. */
const refillDelayMs = 10_000
/** Another process may take the released space first, so a write is retried this often. */
const maxAttempts = 16

class ReserveFile {
  private heldBytes = 0
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly file: string,
    private readonly bytes: number,
  ) {
    this.fill()
  }

  /** Release one chunk. False if nothing is left. */
  release(): boolean {
    if (this.heldBytes === 0) return false
    this.heldBytes = Math.max(0, this.heldBytes - chunkBytes)
    this.withFile((file) => ftruncateSync(file, this.heldBytes))
    this.timer ??= setTimeout(() => {
      this.timer = null
      this.fill()
    }, refillDelayMs).unref()
    return true
  }

  private fill(): void {
    this.withFile((file) => {
      this.heldBytes = fstatSync(file).size
      const { bavail, bsize } = statfsSync(this.file)
      // On a nearly full disk the reserve would take the space that records need now.
      if (bavail * bsize < 4 * this.bytes) return
      const chunk = Buffer.alloc(chunkBytes, 0xff)
      while (this.heldBytes < this.bytes) this.heldBytes += writeSync(file, chunk, 0, chunkBytes, this.heldBytes)
    })
  }

  private withFile(work: (file: number) => void): void {
    try {
      const file = openSync(this.file, openFlags, 0o600)
      try {
        const stats = fstatSync(file)
        if (!stats.isFile() || stats.nlink > 1) throw new Error(`${this.file} was not created by Sandglass`)
        work(file)
      } finally {
        closeSync(file)
      }
    } catch (error) {
      log.error(
        { reason: error instanceof Error ? error.message : error },
        'disk space could not be reserved for records',
      )
    }
  }
}

let reserve: ReserveFile | null = null

/** Reserve disk space for the records of this process. */
export function openReserve(file: string, bytes: number): void {
  reserve = new ReserveFile(file, bytes)
}

/** Write something short that must not be lost. On a full disk, release reserved space and retry. */
export function withReserve<T>(write: () => T): T {
  for (let attempts = 0; ; attempts += 1) {
    try {
      return write()
    } catch (error) {
      if (!isFull(error) || attempts === maxAttempts || !reserve?.release()) throw error
    }
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
