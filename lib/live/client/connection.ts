/** What a tab knows of its live connection, for the status bar and the veil of a pane. It says nothing of any command. */

export type ConnectionPhase =
  /** First try, nothing heard yet. */
  | 'connecting'
  | 'live'
  /** Lost; tries again at `retryAt`, or right now where that is null. */
  | 'waiting'
  /** The console refuses this browser: the person has to sign in. Nothing is tried until the page comes back. */
  | 'signed-out'

export interface Connection {
  phase: ConnectionPhase
  /** When the present phase began, ms since epoch. While lost: the moment of the loss. */
  since: number
  retryAt: number | null
  /** The browser's own word that there is no network at all. */
  offline: boolean
  /** Round trip of the last ping in ms; null while none was answered on this socket. */
  latencyMs: number | null
  /** Open log streams of this tab. */
  streams: number
  /** Offset behind the newest byte of any stream; null before the first. */
  lastOffset: number | null
  /** Why the console did not take the line, in its own words; null unless it has just said so. */
  refusal: string | null
  /** The console was replaced by another build than the one that this page came from. */
  stale: boolean
}

export const firstConnection: Connection = {
  phase: 'connecting',
  since: 0,
  retryAt: null,
  offline: false,
  latencyMs: null,
  streams: 0,
  lastOffset: null,
  refusal: null,
  stale: false,
}
