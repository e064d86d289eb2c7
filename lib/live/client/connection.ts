/** The state of a tab's live connection, for the status bar and the reconnect overlay. Independent of any command. */

export type ConnectionPhase =
  /** The first attempt, without a reply yet. */
  | 'connecting'
  | 'live'
  /** Lost; the next attempt is at `retryAt`, or in progress where that is null. */
  | 'waiting'
  /** The console rejects this browser: the user must sign in. There are no attempts until the page is shown again. */
  | 'signed-out'

export interface Connection {
  phase: ConnectionPhase
  /** Start of the phase, ms since epoch. */
  since: number
  retryAt: number | null
  /** The browser reports that there is no network. */
  offline: boolean
  /** Round trip of the last ping in ms; null before the first pong of this connection. */
  latencyMs: number | null
  /** Open log streams of this tab. */
  streams: number
  /** Offset after the last received byte of any stream; null before the first. */
  lastOffset: number | null
  /** The console's message when it rejected the last connection; else null. */
  refusal: string | null
  /** The console now runs another build than the one that served this page. */
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
