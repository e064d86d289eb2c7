import type { JournalStream } from '@/lib/process-api/extensions'

/** Maximum bytes in one chunk. */
export const maxChunkBytes = 64 * 1024

/** A chunk of recorded output of one stream, at most 64 KiB long. */
export interface JournalChunk {
  /** Absolute byte offset in the journal, over both streams. */
  offset: number
  stream: JournalStream
  wallMs: number
  sinceStartMs: number
  data: Uint8Array
}
