/** Messages between the toolbox and its screen thread. Requests of one terminal are handled in order. */

/** Lines of scrollback of each terminal. */
export const scrollbackLines = 5_000
/** Height of the tallest screen. */
export const maxRows = 1_000

export type ScreenRequest =
  | { op: 'open'; terminal: number; cols: number; rows: number }
  | { op: 'write'; terminal: number; bytes: Uint8Array }
  | { op: 'resize'; terminal: number; cols: number; rows: number }
  | { op: 'snapshot'; terminal: number; request: number }
  | { op: 'grid'; terminal: number; request: number }
  | { op: 'close'; terminal: number }

/** `data`, written to a new terminal of that size, restores what the terminal shows and how it behaves. */
export interface ScreenSnapshot {
  cols: number
  rows: number
  alternateScreen: boolean
  title: string
  data: string
}

/** The visible part as text; the cursor counts from 0. */
export interface ScreenGrid {
  cols: number
  rows: number
  lines: string[]
  cursor: { column: number; row: number }
  alternateScreen: boolean
  title: string
}

export type ScreenReply =
  /** `bytes` more bytes of a terminal were drawn. */
  | { op: 'drawn'; terminal: number; bytes: number }
  | { op: 'snapshot'; request: number; snapshot: ScreenSnapshot }
  | { op: 'grid'; request: number; grid: ScreenGrid }
