import type { JournalStream } from '@/lib/process-api/extensions'

/** Longest piece that a reader of a journal is handed. */
export const maxSegmentBytes = 64 * 1024

/** A piece of output as it arrived, of one stream, at most 64 KiB long. */
export interface JournalSegment {
  /** Absolute byte offset in the journal, over both streams. */
  offset: number
  stream: JournalStream
  wallMs: number
  sinceStartMs: number
  data: Uint8Array
}
