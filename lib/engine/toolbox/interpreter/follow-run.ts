/** A run as its clients see it: output and items in order, from the start of the run, then live. */
import type { RunItem } from '@/lib/process-api/interpreter'
import type { JournalChunk } from '../journal/journal-chunk'
import type { ContextRun } from './context-run'
import type { RunItems } from './run-items'

export type RunPart = { kind: 'output'; chunk: JournalChunk } | { kind: 'item'; item: RunItem }

/** Ends when the run has ended and all its parts were yielded, or when `signal` aborts. */
export async function* followRun(run: ContextRun, signal: AbortSignal): AsyncGenerator<RunPart> {
  const { items, record } = run
  const chunks = record.journal.follow({ from: 0, signal, until: run.over })
  let wake = () => {}
  const stopListening = items.onAppend(() => wake())
  const reader = new ChunkReader(chunks, () => wake())
  const merger = new PartMerger(items)
  try {
    while (!signal.aborted) {
      const part = merger.next()
      if (part) {
        yield part
        continue
      }
      if (merger.isFinished) return
      const result = reader.take()
      if (result) {
        merger.add(result)
        continue
      }
      // `Promise.race` would leave a reaction on the slower promise for each chunk of output.
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  } finally {
    stopListening()
    await chunks.return(undefined)
  }
}

/** Reads chunks ahead, one at a time, so that the caller can wait for other events too. */
class ChunkReader {
  private isRequested = false
  private result: IteratorResult<JournalChunk> | null = null
  private failure: { error: unknown } | null = null

  /** @param onReady called when `take` has something to return or to throw */
  constructor(
    private readonly chunks: AsyncGenerator<JournalChunk>,
    private readonly onReady: () => void,
  ) {}

  /** The next result; null while the journal has none, which is requested then. Throws the journal's errors. */
  take(): IteratorResult<JournalChunk> | null {
    const { result } = this
    if (result) {
      this.result = null
      this.isRequested = false
      return result
    }
    if (this.failure) throw this.failure.error
    if (!this.isRequested) this.request()
    return null
  }

  private request(): void {
    this.isRequested = true
    this.chunks.next().then(
      (result) => {
        this.result = result
        this.onReady()
      },
      (error) => {
        this.failure = { error }
        this.onReady()
      },
    )
  }
}

/** Puts each item at its offset of the output, which may be in the middle of a chunk. */
class PartMerger {
  private chunk: JournalChunk | null = null
  private offset = 0
  private itemIndex = 0
  private isOutputFinished = false

  constructor(private readonly items: RunItems) {}

  /** True when the output has ended; parts may still be left. */
  get isFinished(): boolean {
    return this.isOutputFinished
  }

  add(result: IteratorResult<JournalChunk>): void {
    this.isOutputFinished = result.done ?? false
    this.chunk = result.done ? null : result.value
    if (this.chunk) this.offset = this.chunk.offset
  }

  /** The next part that has arrived. */
  next(): RunPart | null {
    return this.nextItem() ?? this.nextOutput()
  }

  /** An item whose offset is reached. Items that cannot be read are left out. */
  private nextItem(): RunPart | null {
    for (;;) {
      const offset = this.items.offsetOf(this.itemIndex)
      if (offset === undefined || (offset > this.offset && !this.isOutputFinished)) return null
      const item = this.items.read(this.itemIndex)
      this.itemIndex += 1
      if (item) return { kind: 'item', item }
    }
  }

  /** Output up to the next item or the end of the chunk. */
  private nextOutput(): RunPart | null {
    const { chunk, offset } = this
    if (!chunk) return null
    const itemOffset = this.items.offsetOf(this.itemIndex) ?? Number.POSITIVE_INFINITY
    const length = Math.min(itemOffset - offset, chunk.data.length)
    const rest = chunk.data.subarray(length)
    this.offset += length
    this.chunk = rest.length > 0 ? { ...chunk, offset: this.offset, data: rest } : null
    return { kind: 'output', chunk: { ...chunk, offset, data: chunk.data.subarray(0, length) } }
  }
}
