/**
 * Gathers the output of a terminal into batches: the kernel hands out 4 kB at a time, and each batch costs one system
 * call per client. The first bytes after a pause are delivered within the same turn of the event loop.
 */
const batchIntervalMs = 1
const maxBatchBytes = 64 * 1024

export class OutputBatcher {
  private chunks: Uint8Array[] = []
  private bytes = 0
  private flushedAt = 0
  private immediate: NodeJS.Immediate | null = null
  private timer: NodeJS.Timeout | null = null

  /** @param onBatch receives the bytes in order, in batches that are never empty */
  constructor(private readonly onBatch: (bytes: Uint8Array) => void) {}

  /** Keeps the chunk, without a copy. */
  add(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.bytes += chunk.length
    if (this.bytes >= maxBatchBytes) this.flush()
    else if (!this.immediate && !this.timer) this.scheduleFlush()
  }

  /** Deliver everything that was added. */
  flush(): void {
    this.cancelFlush()
    const [first] = this.chunks
    if (!first) return
    this.flushedAt = performance.now()
    const batch = this.chunks.length === 1 ? first : Buffer.concat(this.chunks)
    this.chunks = []
    this.bytes = 0
    this.onBatch(batch)
  }

  private scheduleFlush(): void {
    const isBusy = performance.now() - this.flushedAt < batchIntervalMs
    if (isBusy) this.timer = setTimeout(() => this.flush(), batchIntervalMs)
    else this.immediate = setImmediate(() => this.flush())
  }

  private cancelFlush(): void {
    if (this.immediate) clearImmediate(this.immediate)
    if (this.timer) clearTimeout(this.timer)
    this.immediate = null
    this.timer = null
  }
}
