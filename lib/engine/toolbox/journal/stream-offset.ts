/**
 * One stream of a journal as a log with its own offsets, which do not count the other stream's bytes. Converting offsets
 * reads the index in blocks and with pauses, because it may have millions of records.
 */
import { setImmediate as pause } from 'node:timers/promises'
import type { JournalStream } from '@/lib/process-api/extensions'
import type { Journal } from './journal'

const recordsPerPause = 32_768

/** Bytes of one stream in the journal. */
export function streamSize(journal: Journal, stream: JournalStream): number {
  const { stdoutBytes, stderrBytes } = journal.sizes()
  return stream === 'stdout' ? stdoutBytes : stderrBytes
}

/** The journal offset of a stream's byte; the size of the journal if the byte does not exist yet. */
export async function toJournalOffset(journal: Journal, stream: JournalStream, streamOffset: number): Promise<number> {
  const { size } = journal
  let before = 0
  let seen = 0
  for (const span of journal.spans(size)) {
    if (span.stream === stream) {
      if (before + span.length > streamOffset) return span.offset + streamOffset - before
      before += span.length
    }
    seen += 1
    if (seen % recordsPerPause === 0) await pause()
  }
  return size
}

/** How many bytes of the stream precede an offset in the journal. */
export async function toStreamOffset(journal: Journal, stream: JournalStream, journalOffset: number): Promise<number> {
  let before = 0
  let seen = 0
  for (const span of journal.spans(Math.min(journalOffset, journal.size))) {
    if (span.stream === stream) before += span.length
    seen += 1
    if (seen % recordsPerPause === 0) await pause()
  }
  return before
}
