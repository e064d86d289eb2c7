/** What the pane around a log shows. */
import type { Execution } from '@/lib/process-api/execution'
import type { JournalStream } from '@/lib/process-api/extensions'

export type StreamFilter = 'both' | JournalStream

/** A new object after each change. */
export interface ReaderView {
  phase: 'opening' | 'open' | 'failed'
  failure: { code: string; message: string } | null
  /** The console has lost the target and retries at this time, ms since epoch. */
  awayUntil: number | null
  awayMessage: string | null
  /** The execution has ended and all its output was received; processes that it left behind may still print. */
  over: boolean
  /** How the execution ended, where the stream reported that. */
  ended: Execution | null
  following: boolean
  filter: StreamFilter
  /** Lines that were read since the window was opened; the oldest of very many are no longer loaded. */
  lines: number
  /** Lines that were added since the view was paused; null where the view shows an earlier part. */
  newLines: number | null
  /** Bytes of the journal before the window, in the window, and after it. */
  earlierBytes: number
  loadedBytes: number
  laterBytes: number
  /** Bytes that the server could not send, even when they were requested again. */
  missingBytes: number
  /** The view was cleared and can be restored. */
  cleared: boolean
}

export const initialView: ReaderView = {
  phase: 'opening',
  failure: null,
  awayUntil: null,
  awayMessage: null,
  over: false,
  ended: null,
  following: true,
  filter: 'both',
  lines: 0,
  newLines: 0,
  earlierBytes: 0,
  loadedBytes: 0,
  laterBytes: 0,
  missingBytes: 0,
  cleared: false,
}
