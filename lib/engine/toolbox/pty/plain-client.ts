/** A client of the reference's protocol: control messages as text, output as raw bytes. */
import type { WebSocket } from 'ws'
import type { PtyExit } from '@/lib/process-api/pty'
import { connectedMessage, type OutputChunk, type PtyClient, sendExit } from './client'
import { ClientSocket } from './client-socket'
import { referenceExit } from './exit-reason'

/** The reference's limit of a binary frame. */
const maxFrameBytes = 32 * 1024

export class PlainClient implements PtyClient {
  readonly needsAllOutput = true
  private readonly socket: ClientSocket
  private skipped = 0

  /** @param exitControl the client supports the exit message */
  constructor(
    webSocket: WebSocket,
    readonly isViewer: boolean,
    private readonly exitControl: boolean,
    onChange: () => void,
  ) {
    this.socket = new ClientSocket(webSocket, () => {
      this.resume()
      onChange()
    })
  }

  get isFull(): boolean {
    return this.socket.isFull
  }

  get isStalled(): boolean {
    return this.socket.isStalled
  }

  /** Send the confirmation, without which clients drop output, then the recent output. */
  connected(recent: Uint8Array): void {
    this.socket.send(connectedMessage)
    this.sendBytes(recent)
  }

  output({ bytes }: OutputChunk): void {
    if (this.skipped > 0 || this.socket.isStalled) this.skipped += bytes.length
    else this.sendBytes(bytes)
  }

  resized(): void {
    // The reference has no message for it; clients request the size.
  }

  startSkipping(): void {
    // The terminal waits for this client; it skips output only once it has stalled.
  }

  exited(exit: PtyExit, forced: boolean): Promise<void> {
    if (this.skipped > 0) this.sendGapNotice()
    sendExit(this.socket, referenceExit(exit), this.exitControl && !forced)
    return Promise.resolve()
  }

  private resume(): void {
    if (this.skipped > 0 && !this.socket.isFull) this.sendGapNotice()
  }

  /** The protocol has no message for a gap, so the notice is part of the text. */
  private sendGapNotice(): void {
    const bytes = Buffer.from(
      `\r\n[${this.skipped} bytes of output are missing here: this client did not read for too long]\r\n`,
    )
    this.skipped = 0
    this.sendBytes(bytes)
  }

  private sendBytes(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += maxFrameBytes) this.socket.send(bytes.subarray(at, at + maxFrameBytes))
  }
}
