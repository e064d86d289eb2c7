/**
 * A client that asked for the screen: it is drawn the state of the terminal at an offset, then gets every byte from
 * there on with its offset. One that is too slow misses bytes, is told how many, and gets the screen again.
 */
import type { WebSocket } from 'ws'
import { encodeJournalHeader } from '@/lib/process-api/journal-frame'
import type { PtyExit, PtyServerMessage } from '@/lib/process-api/pty'
import { connectedMessage, type OutputPiece, type PtyClient, type SizeChange, tellExit } from './client'
import { ClientSocket } from './client-socket'
import type { ScreenSnapshot } from './screen/messages'

/** Bytes that may gather while a snapshot is made, before another one is made instead. */
const gatherLimit = 4 * 1024 * 1024

export interface SnapshotSource {
  /** The screen at the moment of the call; `offset` and `sizeOwner` belong to that moment. */
  snapshot(): { offset: number; sizeOwner: string | null; screen: Promise<ScreenSnapshot> }
}

export class SnapshotClient implements PtyClient {
  readonly needsEverything = false
  private readonly socket: ClientSocket
  /** What came after the snapshot that is being made; null while the client has the screen. */
  private gathered: Array<OutputPiece | SizeChange> | null = null
  private gatheredBytes = 0
  private behind = false
  private skipped = 0
  private end: { exit: PtyExit; forced: boolean; told: () => void } | null = null

  constructor(
    webSocket: WebSocket,
    readonly name: string,
    readonly isViewer: boolean,
    private readonly source: SnapshotSource,
    onChange: () => void,
  ) {
    this.socket = new ClientSocket(webSocket, () => {
      if (this.behind && !this.socket.isFull) this.catchUp()
      else if (this.socket.isStalled) this.fallBehind()
      onChange()
    })
  }

  get isFull(): boolean {
    return this.socket.isFull && !this.behind
  }

  get isStalled(): boolean {
    return this.socket.isStalled
  }

  connected(): void {
    this.socket.send(connectedMessage)
    this.sendSnapshot()
  }

  output(piece: OutputPiece): void {
    if (this.behind) {
      this.skipped += piece.bytes.length
    } else if (this.gathered) {
      this.gathered.push(piece)
      this.gatheredBytes += piece.bytes.length
    } else {
      this.sendPiece(piece)
    }
  }

  resized(change: SizeChange): void {
    if (this.behind) return
    if (this.gathered) this.gathered.push(change)
    else this.say({ type: 'size', ...change })
  }

  fallBehind(): void {
    if (this.gathered === null) this.behind = true
  }

  refuse(message: string): void {
    this.say({ type: 'refused', message })
  }

  exited(exit: PtyExit, forced: boolean): Promise<void> {
    return new Promise((told) => {
      this.end = { exit, forced, told }
      if (this.behind) this.catchUp()
      else if (!this.gathered) this.tellEnd()
    })
  }

  private catchUp(): void {
    this.behind = false
    this.sendSnapshot()
  }

  private sendSnapshot(): void {
    const { offset, sizeOwner, screen } = this.source.snapshot()
    this.gathered = []
    this.gatheredBytes = 0
    screen.then(
      (snapshot) => this.tookSnapshot(offset, sizeOwner, snapshot),
      () => this.socket.close(1011, 'the screen is not available'),
    )
  }

  private tookSnapshot(offset: number, sizeOwner: string | null, snapshot: ScreenSnapshot): void {
    const gathered = this.gathered ?? []
    this.gathered = null
    if (this.gatheredBytes > gatherLimit && !this.end) {
      this.skipped += this.gatheredBytes
      this.sendSnapshot()
      return
    }
    const { cols, rows, alternateScreen, data } = snapshot
    const { name: client, skipped } = this
    this.skipped = 0
    this.say({ type: 'snapshot', client, offset, cols, rows, sizeOwner, alternateScreen, skipped, data })
    for (const item of gathered) {
      if ('bytes' in item) this.sendPiece(item)
      else this.say({ type: 'size', ...item })
    }
    if (this.end) this.tellEnd()
  }

  private sendPiece({ offset, wallMs, bytes }: OutputPiece): void {
    const header = encodeJournalHeader({ stream: 'stdout', channel: 0, offset, wallMs })
    this.socket.send(Buffer.concat([header, bytes]))
  }

  private say(message: PtyServerMessage): void {
    this.socket.send(JSON.stringify(message))
  }

  private tellEnd(): void {
    if (!this.end) return
    const { exit, forced, told } = this.end
    tellExit(this.socket, exit, !forced)
    told()
  }
}
