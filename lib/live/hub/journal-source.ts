/** Where a channel's bytes come from. */
import type { Execution } from '@/lib/process-api/execution'
import type { Problem } from '@/lib/process-api/problem'
import type { Chunk } from './chunk-queue'

/** What a source tells its channel. Chunks come in order, without gap or overlap, from the offset of `opened` on. */
export interface SourceListener {
  /** The stream flows, at first or again. `size` is the journal's, null where the target does not say. */
  opened(from: number, size: number | null): void
  chunk(chunk: Chunk): void
  /** The execution ended at this size of its journal. */
  ended(offset: number, execution: Execution | null): void
  /** The stream broke; the next try comes after so long. */
  away(retryMs: number, message: string): void
  /** There is nothing to follow and no use in trying again. */
  failed(problem: Problem): void
}

export interface JournalSource {
  /** Stop reading, so that the target feels it, or go on. */
  pause(): void
  resume(): void
  /** The journal's size now, asked from the target; null where it cannot say. Never throws. */
  size(): Promise<number | null>
  close(): void
}
