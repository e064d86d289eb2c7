/**
 * One terminal that one tab shows: output as far as the tab's credit allows, with the messages that have a position in
 * it. Independent of sockets and targets: between a source and a sink.
 */
import type { Problem } from '@/lib/process-api/problem'
import type { ServerMessage } from '../protocol'
import type { ChannelSink } from './channel'
import type { FramedChunk } from './chunk-queue'
import type { PtyWriterListener } from './pty-writer'

const maxFrameBytes = 64 * 1024
/** The source is paused when this much is queued, and resumed at the lower mark. */
const queueHighWater = 256 * 1024
const queueLowWater = 64 * 1024

export interface PtyScreen {
  offset: number
  cols: number
  rows: number
  sizeOwner: string | null
  skipped: number
  data: string | null
}

export interface PtyEnd {
  exitCode: number | null
  reason: string | null
  message: string | null
}

/** Handlers of a source. Chunks and sizes arrive in the order in which they took effect. */
export interface PtyListener {
  opened(received: number | null): void
  screen(screen: PtyScreen): void
  chunk(chunk: FramedChunk): void
  sized(size: { cols: number; rows: number; sizeOwner: string | null }): void
  ended(end: PtyEnd): void
  away(retryMs: number, message: string): void
  failed(problem: Problem): void
}

/** The connection of a channel to its terminal. */
export interface PtySourceLike {
  input(n: number, data: Uint8Array): void
  resize(cols: number, rows: number, take: boolean): void
  pause(): void
  resume(): void
  close(): void
}

type Item = { chunk: FramedChunk } | { message: ServerMessage }

export class PtyChannel implements PtyListener, PtyWriterListener {
  private source: PtySourceLike | null = null
  private queue: Item[] = []
  private queuedBytes = 0
  private isSourcePaused = false
  private isClosed = false

  /** @param credit payload bytes that may be sent */
  constructor(
    readonly number: number,
    private credit: number,
    private readonly sink: ChannelSink,
  ) {}

  attach(source: PtySourceLike): void {
    this.source = source
    if (this.isClosed) source.close()
  }

  input(n: number, data: Uint8Array): void {
    this.source?.input(n, data)
  }

  resize(cols: number, rows: number, take: boolean): void {
    this.source?.resize(cols, rows, take)
  }

  grant(bytes: number): void {
    this.credit += bytes
    this.pump()
  }

  close(): void {
    this.isClosed = true
    this.clear()
    this.source?.close()
  }

  opened(received: number | null): void {
    if (!this.isClosed) this.sink.message({ t: 'pty-opened', ch: this.number, received })
  }

  screen(screen: PtyScreen): void {
    // What is queued is part of the new screen already.
    if (screen.data !== null) this.clear()
    this.push({ message: { t: 'pty-screen', ch: this.number, ...screen } })
  }

  chunk(chunk: FramedChunk): void {
    this.queuedBytes += chunk.data.byteLength
    this.push({ chunk })
  }

  sized({ cols, rows, sizeOwner }: { cols: number; rows: number; sizeOwner: string | null }): void {
    this.push({ message: { t: 'pty-size', ch: this.number, cols, rows, sizeOwner } })
  }

  ended(end: PtyEnd): void {
    this.push({ message: { t: 'pty-exit', ch: this.number, ...end } })
  }

  away(retryMs: number, message: string): void {
    if (!this.isClosed) this.sink.message({ t: 'away', ch: this.number, retryMs, message })
  }

  failed({ code, message }: Problem): void {
    if (this.isClosed) return
    this.sink.message({ t: 'error', ch: this.number, code, message })
    this.sink.finished(this.number)
  }

  acknowledged(n: number): void {
    if (!this.isClosed) this.sink.message({ t: 'pty-ack', ch: this.number, n })
  }

  lost(from: number): void {
    if (!this.isClosed) this.sink.message({ t: 'pty-lost', ch: this.number, from })
  }

  /** Send what may be sent now. */
  pump(): void {
    if (this.isClosed) return
    let item = this.queue[0]
    while (item !== undefined) {
      if ('message' in item) {
        this.queue.shift()
        this.sink.message(item.message)
      } else {
        if (this.credit <= 0 || !this.sink.isReady()) break
        this.sendChunk(item.chunk)
      }
      item = this.queue[0]
    }
    this.applyBackpressure()
  }

  private push(item: Item): void {
    if (this.isClosed) return
    this.queue.push(item)
    this.pump()
  }

  /** Send the first chunk, or as much of it as one frame and the credit allow. */
  private sendChunk(chunk: FramedChunk): void {
    const size = Math.min(this.credit, maxFrameBytes, chunk.data.byteLength)
    const { stream, offset, wallMs, data } = chunk
    if (size === data.byteLength) {
      this.queue.shift()
      this.sink.frame(this.number, chunk)
    } else {
      this.queue[0] = { chunk: { stream, offset: offset + size, wallMs, data: data.subarray(size) } }
      this.sink.frame(this.number, { stream, offset, wallMs, data: data.subarray(0, size) })
    }
    this.credit -= size
    this.queuedBytes -= size
  }

  private clear(): void {
    this.queue = []
    this.queuedBytes = 0
  }

  private applyBackpressure(): void {
    if (!this.isSourcePaused && this.queuedBytes >= queueHighWater) {
      this.isSourcePaused = true
      this.source?.pause()
    } else if (this.isSourcePaused && this.queuedBytes <= queueLowWater) {
      this.isSourcePaused = false
      this.source?.resume()
    }
  }
}
