/**
 * The history of the console: what ran in the sandboxes of a target, stored by the console itself, so that it is still
 * there when the sandbox was deleted. The server returns these forms; pages show them.
 */
import type { EndReason, ExecutionState } from './execution'

/** `command`: of a session. `run`: a code run or one-shot command. `cell`: a run of an interpreter context. */
export type HistoryKind = 'run' | 'command' | 'cell'

/** Identifies an execution. `parentId` is the session of a command and the context of a cell; empty for a run. */
export interface HistoryKey {
  target: string
  sandboxId: string
  kind: HistoryKind
  parentId: string
  executionId: string
}

export interface HistoryEntry extends HistoryKey {
  /** The number of the entry in the history. */
  id: number
  sandboxName: string
  labels: Readonly<Record<string, string>>
  /** Whether the target no longer has the sandbox. */
  sandboxDeleted: boolean
  /** Whether the target no longer has the execution; its output is then only what the history stored. */
  removed: boolean
  /** The first line that is not blank, at most 200 characters. */
  title: string
  /** `python`, `javascript`, `typescript` or `shell`; null if unknown. */
  language: string | null
  /** `api`: started by an SDK. */
  origin: string | null
  state: ExecutionState
  exitCode: number | null
  signal: string | null
  reason: EndReason | null
  message: string | null
  timeoutSeconds: number | null
  /** ISO 8601. When it was queued; where the target has no times, when the console first saw it. */
  at: string
  startedAt: string | null
  endedAt: string | null
  durationMs: number | null
  outputBytes: number
  stderrBytes: number
  /** The end of what it printed to stderr, at most `maxListedStderr` characters. */
  stderrEnd: string
  pinned: boolean
  /** A name that a person gave it; empty if none. */
  name: string
  tags: readonly string[]
  /** Equal for entries that ran the same text in the same language; of long texts, only the beginning is compared. */
  group: string
}

export interface HistoryDetail extends HistoryEntry {
  /** The code or command. */
  text: string
  /** True if only the beginning of the text was stored. */
  textTruncated: boolean
  /** Names of the environment variables of this execution. Values are never stored. */
  envNames: readonly string[]
  argv: readonly string[]
  cwd: string | null
  /** The end of the output, both streams as they were printed; null if it was not read. */
  outputEnd: string | null
}

/** Executions with the same text. */
export interface HistoryGroup {
  count: number
  failed: number
  /** The newest one. */
  last: HistoryEntry
}

export interface HistoryPage {
  entries: readonly HistoryEntry[]
  /** Position of the next page; null on the last one. */
  next: string | null
}

export interface HistoryGroupPage {
  groups: readonly HistoryGroup[]
  next: string | null
}

/** What a read returns while the history cannot be used: one sentence that says why. */
export interface HistoryUnavailable {
  unavailable: string
}

/** Limits of what is stored of one execution, in characters. */
export const maxStoredText = 64 * 1024
export const maxStoredOutput = 4 * 1024
export const maxListedStderr = 400

export const historyPageSize = 100
