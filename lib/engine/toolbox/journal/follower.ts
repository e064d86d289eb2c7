/** One reader that keeps up with a journal: new output comes from memory while it keeps up, else from the file. */
import type { JournalSegment } from './segment'

/** Bytes held in memory for one follower; beyond that it reads from the file again. */
const queueLimit = 512 * 1024

export class Follower {
  private queue: JournalSegment[] = []
  private queuedBytes = 0
  /** Offset right after the queue, or -1 while the follower is behind and reads from the file. */
  private tail = -1
  private wake: (() => void) | null = null

  /** True when a segment that begins at `offset` would be queued: otherwise nobody needs to copy it. */
  wants(offset: number, length: number): boolean {
    return this.tail === offset && this.queuedBytes + length <= queueLimit
  }

  /** Hand over new output, or note that the follower fell behind. */
  offer(offset: number, length: number, segments: readonly JournalSegment[] | null): void {
    if (segments && this.wants(offset, length)) {
      this.queue.push(...segments)
      this.queuedBytes += length
      this.tail = offset + length
    } else {
      this.tail = -1
    }
    this.rouse()
  }

  next(): JournalSegment | undefined {
    const segment = this.queue.shift()
    if (segment) this.queuedBytes -= segment.data.length
    return segment
  }

  /** From now on take output from memory; `offset` is the journal's end. */
  attach(offset: number): void {
    this.tail = offset
  }

  rouse(): void {
    this.wake?.()
    this.wake = null
  }

  /** Resolves at the next `offer` or `rouse`. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve
    })
  }
}
