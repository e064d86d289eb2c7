/** A client that speaks the reference's protocol: control texts and raw bytes. */
import type { WebSocket } from 'ws'
import type { PtyExit } from '@/lib/process-api/pty'
import { connectedMessage, type OutputPiece, type PtyClient, tellExit } from './client'
import { ClientSocket } from './client-socket'
import { plainExit } from './exit-reason'

/** Longest binary frame, as the reference sends it. */
const longestFrame = 32 * 1024

export class PlainClient implements PtyClient {
  readonly needsEverything = true
  private readonly socket: ClientSocket
  private skipped = 0

  /** @param exitControl the client offered to take an exit message */
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

  /** First the confirmation, without which clients drop output, then what was printed lately. */
  connected(recent: Uint8Array): void {
    this.socket.send(connectedMessage)
    this.sendBytes(recent)
  }

  output({ bytes }: OutputPiece): void {
    if (this.skipped > 0 || this.socket.isStalled) this.skipped += bytes.length
    else this.sendBytes(bytes)
  }

  resized(): void {
    // The reference tells nobody; a client asks for the size.
  }

  fallBehind(): void {
    // It is waited for, and skips only once it has stalled.
  }

  exited(exit: PtyExit, forced: boolean): Promise<void> {
    if (this.skipped > 0) this.tellGap()
    tellExit(this.socket, plainExit(exit), this.exitControl && !forced)
    return Promise.resolve()
  }

  private resume(): void {
    if (this.skipped > 0 && !this.socket.isFull) this.tellGap()
  }

  /** A gap cannot be told in a message of its own without surprising a client, so it stands in the text. */
  private tellGap(): void {
    const bytes = Buffer.from(
      `\r\n[${this.skipped} bytes of output are missing here: this client took none for too long]\r\n`,
    )
    this.skipped = 0
    this.sendBytes(bytes)
  }

  private sendBytes(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += longestFrame) this.socket.send(bytes.subarray(at, at + longestFrame))
  }
}
