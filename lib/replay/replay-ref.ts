/** What can be replayed: an execution with a journal, a recording of a terminal, or an asciicast file in a sandbox. */

export type ReplayRef =
  | { readonly kind: 'run'; readonly runId: string }
  | { readonly kind: 'command'; readonly sessionId: string; readonly commandId: string }
  | { readonly kind: 'cell'; readonly contextId: string; readonly runId: string }
  | { readonly kind: 'recording'; readonly recordingId: string }
  | { readonly kind: 'file'; readonly path: string }

/** What a replay page shows beside the replay. */
export interface ReplayInfo {
  title: string
  /** Seconds since 1970; null where unknown. */
  startedAt: number | null
  exitCode: number | null
  isRunning: boolean
  /** Bytes of the file; of a journal, of its output. */
  bytes: number
  /** Why something is missing; null where the recording is complete. */
  message: string | null
}

/** Segments of a page's address after `/replay`, as strings that are not encoded. Null where they name nothing. */
export function replayRefOf(segments: readonly string[]): ReplayRef | null {
  const [kind, first, second, ...rest] = segments
  if (kind === 'file' && first !== undefined) return { kind, path: `/${segments.slice(1).join('/')}` }
  if (first === undefined || rest.length > 0) return null
  if (kind === 'run' && second === undefined) return { kind, runId: first }
  if (kind === 'recording' && second === undefined) return { kind, recordingId: first }
  if (kind === 'command' && second !== undefined) return { kind, sessionId: first, commandId: second }
  if (kind === 'cell' && second !== undefined) return { kind, contextId: first, runId: second }
  return null
}

/** The inverse of `replayRefOf`. */
export function replaySegments(ref: ReplayRef): string[] {
  switch (ref.kind) {
    case 'run':
      return [ref.kind, ref.runId]
    case 'command':
      return [ref.kind, ref.sessionId, ref.commandId]
    case 'cell':
      return [ref.kind, ref.contextId, ref.runId]
    case 'recording':
      return [ref.kind, ref.recordingId]
    case 'file':
      return [ref.kind, ...ref.path.split('/').filter((name) => name !== '')]
  }
}

/** The query that names what is replayed, for the console's routes. */
export function replayQuery(ref: ReplayRef): Record<string, string> {
  return { ...ref }
}
