/** What a PTY session does with each attached client, whichever kind it is. */
import type { PtyControl, PtyExit } from '@/lib/process-api/pty'
import { closeOf } from './exit-reason'

/** A piece of output that ends at `offset + bytes.length`. */
export interface OutputPiece {
  offset: number
  wallMs: number
  bytes: Uint8Array
}

export interface SizeChange {
  offset: number
  cols: number
  rows: number
  sizeOwner: string | null
}

export interface PtyClient {
  /** May it type? */
  readonly isViewer: boolean
  /** Must see every byte: while it is full, the terminal waits. */
  readonly needsEverything: boolean
  /** So much waits for it that it should not be given more. False for one that was told that it missed something. */
  readonly isFull: boolean
  readonly isStalled: boolean
  output(piece: OutputPiece): void
  resized(change: SizeChange): void
  /** Others keep up and this one does not: let it miss something, and tell it so. */
  fallBehind(): void
  /** The last thing; `forced` when the PTY was killed. Resolves when nothing more will be asked of the session. */
  exited(exit: PtyExit, forced: boolean): Promise<void>
}

export const connectedMessage = JSON.stringify({ type: 'control', status: 'connected' } satisfies PtyControl)

/** The end as a client is told it: the exit message where it can take one, then the close frame. */
export function tellExit(
  socket: { send(data: string): void; close(code: number, reason: string): void },
  exit: PtyExit,
  withMessage: boolean,
): void {
  if (withMessage) {
    const message: PtyControl = { type: 'control', status: 'exited', ...exit }
    socket.send(JSON.stringify(message))
  }
  const { code, reason } = closeOf(exit)
  socket.close(code, reason)
}
