/** The interface between a PTY session and its attached clients. */
import type { PtyControl, PtyExit } from '@/lib/process-api/pty'
import { closeFrameOf } from './exit-reason'

/** Output of the terminal from `offset` to `offset + bytes.length`. */
export interface OutputChunk {
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
  /** A viewer only watches. */
  readonly isViewer: boolean
  /** The client cannot skip output: the terminal waits while its buffer is full. */
  readonly needsAllOutput: boolean
  /** The client's send buffer is full. False for a client that skips output. */
  readonly isFull: boolean
  readonly isStalled: boolean
  output(chunk: OutputChunk): void
  resized(change: SizeChange): void
  /** The client is slower than the others: let it skip output, and report how much. */
  startSkipping(): void
  /** The last call; `forced` when the PTY was killed. Resolves when the client does not need the session any more. */
  exited(exit: PtyExit, forced: boolean): Promise<void>
}

export const connectedMessage = JSON.stringify({ type: 'control', status: 'connected' } satisfies PtyControl)

/** Report the exit to a client: the exit message where the client supports it, then the close frame. */
export function sendExit(
  socket: { send(data: string): void; close(code: number, reason: string): void },
  exit: PtyExit,
  withMessage: boolean,
): void {
  if (withMessage) {
    const message: PtyControl = { type: 'control', status: 'exited', ...exit }
    socket.send(JSON.stringify(message))
  }
  const { code, reason } = closeFrameOf(exit)
  socket.close(code, reason)
}
