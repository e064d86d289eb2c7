/** What a replay consists of, whether it comes from a journal or from an asciicast file. */

export interface Grid {
  cols: number
  rows: number
}

/** `ms` counts from the start of the recording; events are in order of their times. */
export type ReplayEvent =
  | { kind: 'output'; ms: number; data: Uint8Array | string; isStderr: boolean }
  | { kind: 'resize'; ms: number; grid: Grid }
  | { kind: 'marker'; ms: number; label: string }
  | { kind: 'exit'; ms: number; status: number }

/** Something to show on the seek bar. */
export interface ReplayMark {
  kind: 'stderr' | 'marker' | 'match'
  fromMs: number
  toMs: number
  label: string
}

/** Reads events from a position on. */
export interface ReplayCursor {
  /** The size of the terminal at the start; null where output has none of its own. */
  readonly grid: Grid | null
  /** Bytes of output before the start that are not drawn. */
  readonly skippedBytes: number
  /** The next events, in batches of bounded size; empty at the end. */
  next(signal: AbortSignal): Promise<readonly ReplayEvent[]>
  /** False if a new cursor reaches this time much sooner than this one. */
  isNear(ms: number): boolean
}

export interface ReplaySource {
  readonly durationMs: number
  /** A cursor from which the screen at this time can be drawn. It starts at or before that time. */
  open(ms: number): ReplayCursor
  /** Look for later output of what is still running. Resolves to true if there is some. Absent for a complete recording. */
  refresh?(signal: AbortSignal): Promise<boolean>
}

/** Bytes or characters of an event, for limits. */
export function sizeOfEvent(event: ReplayEvent): number {
  return event.kind === 'output' ? event.data.length : 0
}
