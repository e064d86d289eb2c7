/**
 * A client that asked for the screen: it receives the state of the terminal at an offset, then all output from there,
 * with offsets. A client that is too slow skips output: it receives the screen again, with the number of skipped bytes.
 */
import type { WebSocket } from 'ws'
import { encodeJournalHeader } from '@/lib/process-api/journal-frame'
import type { PtyExit, PtyServerMessage } from '@/lib/process-api/pty'
import { connectedMessage, type OutputChunk, type PtyClient, type SizeChange, sendExit } from './client'
import { ClientSocket } from './client-socket'
import type { ScreenSnapshot } from './screen/messages'

/** When more output than this arrives while a snapshot is taken, another one is taken instead. */
const maxQueuedBytes = 4 * 1024 * 1024

export interface SnapshotSource {
  /** The screen at the moment of the call; `offset` and `sizeOwner` belong to that moment. */
  snapshot(): { offset: number; sizeOwner: string | null; screen: Promise<ScreenSnapshot> }
}

export class SnapshotClient implements PtyClient {
  readonly needsAllOutput = false
  private readonly socket: ClientSocket
  /** What followed the snapshot that is being taken; null while no snapshot is being taken. */
  private queue: Array<OutputChunk | SizeChange> | null = null
  private queuedBytes = 0
  private isSkipping = false
  private skipped = 0
  private end: { exit: PtyExit; forced: boolean; reported: () => void } | null = null

  constructor(
    webSocket: WebSocket,
    readonly name: string,
    readonly isViewer: boolean,
    private readonly source: SnapshotSource,
    onChange: () => void,
  ) {
    this.socket = new ClientSocket(webSocket, () => {
      if (this.isSkipping && !this.socket.isFull) this.catchUp()
      else if (this.socket.isStalled) this.startSkipping()
      onChange()
    })
  }

  get isFull(): boolean {
    return this.socket.isFull && !this.isSkipping
  }

  get isStalled(): boolean {
    return this.socket.isStalled
  }

  connected(): void {
    this.socket.send(connectedMessage)
    this.sendSnapshot()
  }

  output(chunk: OutputChunk): void {
    if (this.isSkipping) {
      this.skipped += chunk.bytes.length
    } else if (this.queue) {
      this.queue.push(chunk)
      this.queuedBytes += chunk.bytes.length
    } else {
      this.sendChunk(chunk)
    }
  }

  resized(change: SizeChange): void {
    if (this.isSkipping) return
    if (this.queue) this.queue.push(change)
    else this.send({ type: 'size', ...change })
  }

  startSkipping(): void {
    if (this.queue === null) this.isSkipping = true
  }

  refuse(message: string): void {
    this.send({ type: 'refused', message })
  }

  exited(exit: PtyExit, forced: boolean): Promise<void> {
    return new Promise((reported) => {
      this.end = { exit, forced, reported }
      if (this.isSkipping) this.catchUp()
      else if (!this.queue) this.reportEnd()
    })
  }

  private catchUp(): void {
    this.isSkipping = false
    this.sendSnapshot()
  }

  private sendSnapshot(): void {
    const { offset, sizeOwner, screen } = this.source.snapshot()
    this.queue = []
    this.queuedBytes = 0
    screen.then(
      (snapshot) => this.onSnapshot(offset, sizeOwner, snapshot),
      () => this.socket.close(1011, 'the screen is not available'),
    )
  }

  private onSnapshot(offset: number, sizeOwner: string | null, snapshot: ScreenSnapshot): void {
    const queue = this.queue ?? []
    this.queue = null
    if (this.queuedBytes > maxQueuedBytes && !this.end) {
      this.skipped += this.queuedBytes
      this.sendSnapshot()
      return
    }
    const { cols, rows, alternateScreen, data } = snapshot
    const { name: client, skipped } = this
    this.skipped = 0
    this.send({ type: 'snapshot', client, offset, cols, rows, sizeOwner, alternateScreen, skipped, data })
    for (const item of queue) {
      if ('bytes' in item) this.sendChunk(item)
      else this.send({ type: 'size', ...item })
    }
    if (this.end) this.reportEnd()
  }

  private sendChunk({ offset, wallMs, bytes }: OutputChunk): void {
    const header = encodeJournalHeader({ stream: 'stdout', channel: 0, offset, wallMs })
    this.socket.send(Buffer.concat([header, bytes]))
  }

  private send(message: PtyServerMessage): void {
    this.socket.send(JSON.stringify(message))
  }

  private reportEnd(): void {
    if (!this.end) return
    const { exit, forced, reported } = this.end
    sendExit(this.socket, exit, !forced)
    reported()
  }
}
