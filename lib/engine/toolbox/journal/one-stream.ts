/**
 * One stream of a journal as a log of its own: its bytes are counted from 0, whatever the other stream printed between.
 * The index is read through for it, a block at a time and with pauses, as it may have millions of records.
 */
import { setImmediate as pause } from 'node:timers/promises'
import type { JournalStream } from '@/lib/process-api/extensions'
import type { Journal } from './journal'

const recordsAtOnce = 32_768

/** How many bytes this stream has in the journal. */
export function ownSize(journal: Journal, stream: JournalStream): number {
  const { stdoutBytes, stderrBytes } = journal.sizes()
  return stream === 'stdout' ? stdoutBytes : stderrBytes
}

/** Where in the journal the stream's own byte `own` is; behind everything that is there for the one to come. */
export async function wholeOffset(journal: Journal, stream: JournalStream, own: number): Promise<number> {
  const { size } = journal
  let before = 0
  let seen = 0
  for (const piece of journal.pieces(size)) {
    if (piece.stream === stream) {
      if (before + piece.length > own) return piece.offset + own - before
      before += piece.length
    }
    seen += 1
    if (seen % recordsAtOnce === 0) await pause()
  }
  return size
}

/** How many bytes of the stream lie before a place in the journal. */
export async function ownOffset(journal: Journal, stream: JournalStream, whole: number): Promise<number> {
  let before = 0
  let seen = 0
  for (const piece of journal.pieces(Math.min(whole, journal.size))) {
    if (piece.stream === stream) before += piece.length
    seen += 1
    if (seen % recordsAtOnce === 0) await pause()
  }
  return before
}
