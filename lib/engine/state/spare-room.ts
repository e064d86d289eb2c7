/**
 * Room for records on a disk that somebody else has filled: a file that takes its blocks while there are some, and gives
 * them back piece by piece when a record would not fit. One for each process that keeps records.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs'

/** The state folder may hold what somebody else put there: no link is followed, and no FIFO waited for. */
const opening = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK

const pieceBytes = 32 * 1024
/** How long after it was used it is filled again, where there is room. */
const refillMs = 10_000
/** Others may take what was given back before the record does: it is tried so often. */
const maxTries = 16

class SpareRoom {
  private held = 0
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly file: string,
    private readonly bytes: number,
  ) {
    this.fill()
  }

  /** Give a piece back. False where nothing is left. */
  release(): boolean {
    if (this.held === 0) return false
    this.held = Math.max(0, this.held - pieceBytes)
    this.change((file) => ftruncateSync(file, this.held))
    this.timer ??= setTimeout(() => {
      this.timer = null
      this.fill()
    }, refillMs).unref()
    return true
  }

  private fill(): void {
    this.change((file) => {
      this.held = fstatSync(file).size
      const { bavail, bsize } = statfsSync(this.file)
      // On a disk that is nearly full it would take the room away from what it is for.
      if (bavail * bsize < 4 * this.bytes) return
      const piece = Buffer.alloc(pieceBytes, 0xff)
      while (this.held < this.bytes) this.held += writeSync(file, piece, 0, pieceBytes, this.held)
    })
  }

  private change(work: (file: number) => void): void {
    try {
      const file = openSync(this.file, opening, 0o600)
      try {
        const stats = fstatSync(file)
        if (!stats.isFile() || stats.nlink > 1) throw new Error(`${this.file} is not a file of ours`)
        work(file)
      } finally {
        closeSync(file)
      }
    } catch (error) {
      console.error('no room could be kept for records:', error instanceof Error ? error.message : error)
    }
  }
}

let spare: SpareRoom | null = null

/** Keep so many bytes for the records of this process, in this file. */
export function keepSpareRoom(file: string, bytes: number): void {
  spare = new SpareRoom(file, bytes)
}

/** Write something short that must not be lost; on a full disk into the room that is kept for that. */
export function withSpareRoom<T>(write: () => T): T {
  for (let tries = 0; ; tries += 1) {
    try {
      return write()
    } catch (error) {
      if (!isFull(error) || tries === maxTries || !spare?.release()) throw error
    }
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
