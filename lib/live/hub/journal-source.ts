/** The source of a channel's output. */
import type { Execution } from '@/lib/process-api/execution'
import type { Problem } from '@/lib/process-api/problem'
import type { FramedChunk } from './chunk-queue'

/** Handlers of a source. Chunks arrive in order, without gap or overlap, from the offset of `opened`. */
export interface SourceListener {
  /** The stream is connected, for the first time or again. `size` is that of the journal; null where unknown. */
  opened(from: number, size: number | null): void
  chunk(chunk: FramedChunk): void
  /** The execution ended; `offset` is the size of the journal. */
  ended(offset: number, execution: Execution | null): void
  /** The connection was lost; the next attempt follows after this delay. */
  away(retryMs: number, message: string): void
  /** There is nothing to follow, and a retry cannot help. */
  failed(problem: Problem): void
}

export interface JournalSource {
  /** Stop reading, so that the target is slowed down, until `resume`. */
  pause(): void
  resume(): void
  /** The current size of the journal, requested from the target; null where unknown. Never throws. */
  size(): Promise<number | null>
  close(): void
}
