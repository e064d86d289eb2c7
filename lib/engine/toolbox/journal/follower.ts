/** One reader that follows a journal. New output comes from memory while the reader keeps up, else from the file. */
import type { JournalChunk } from './journal-chunk'

/** Bytes queued for one follower; a follower that lags further reads from the file. */
const maxQueueBytes = 512 * 1024

export class Follower {
  private queue: JournalChunk[] = []
  private queuedBytes = 0
  /** Offset after the queue, or -1 while the follower lags and reads from the file. */
  private tail = -1
  private resolveWait: (() => void) | null = null

  /** True if output at `offset` would be queued; otherwise it need not be copied. */
  accepts(offset: number, length: number): boolean {
    return this.tail === offset && this.queuedBytes + length <= maxQueueBytes
  }

  /** Queue new output, or mark the follower as lagging. */
  offer(offset: number, length: number, chunks: readonly JournalChunk[] | null): void {
    if (chunks && this.accepts(offset, length)) {
      this.queue.push(...chunks)
      this.queuedBytes += length
      this.tail = offset + length
    } else {
      this.tail = -1
    }
    this.notify()
  }

  next(): JournalChunk | undefined {
    const chunk = this.queue.shift()
    if (chunk) this.queuedBytes -= chunk.data.length
    return chunk
  }

  /** From now on take output from memory. `offset` is the end of the journal. */
  attach(offset: number): void {
    this.tail = offset
  }

  notify(): void {
    this.resolveWait?.()
    this.resolveWait = null
  }

  /** Resolves at the next `offer` or `notify`. */
  waitForChange(): Promise<void> {
    return new Promise((resolve) => {
      this.resolveWait = resolve
    })
  }
}
