/** Messages between a toolbox and the thread that scans one journal. */
import type { JournalStream } from '@/lib/process-api/extensions'
import type { LineFilter } from '@/lib/process-api/journal-matches'

/** What to scan: descriptors of the journal's files, which the toolbox closes when the thread has exited. */
export interface ScanSource {
  dataFile: number
  /** Null if the journal has no index: then all its bytes are stdout's. */
  indexFile: number | null
  /** Valid records in the index. */
  records: number
  stream: JournalStream | null
  /** The scanned range, in offsets of the journal. */
  journalFrom: number
  journalTo: number
  /** The offset of `journalFrom`, and the size, in the stream or the journal. */
  from: number
  size: number
}

export type LineCriteria = Pick<LineFilter, 'text' | 'regex' | 'case' | 'word' | 'level'>

/** `count` reports counts and the first offsets, `lines` the lines themselves, `first` and `last` one offset. */
export type ScanTask =
  | { kind: 'count'; limit: number; buckets: number }
  | { kind: 'lines'; limit: number; context: number }
  | { kind: 'first'; from: number }
  | { kind: 'last'; before: number }

export interface ScanRequest {
  source: ScanSource
  criteria: LineCriteria
  task: ScanTask
  /** Int32: how many `lines` messages the toolbox has taken. The thread waits when too many are not taken. */
  taken: SharedArrayBuffer
  /** A count that takes longer is incomplete. */
  timeoutMs: number
}

/** Consecutive lines of the journal, matching ones and their context. */
export interface ScannedLines {
  bytes: Uint8Array
  /** For each line: its offset, its start in `bytes`, and whether it matches. */
  offsets: number[]
  starts: number[]
  matches: boolean[]
}

export type ScanReply =
  | { type: 'started' }
  | { type: 'invalid'; message: string }
  | { type: 'progress'; lines: number; searched: number }
  | { type: 'hits'; offsets: number[] }
  | ({ type: 'lines' } & ScannedLines)
  | { type: 'end'; lines: number; searched: number; buckets: number[]; found: number | null; complete: boolean }
