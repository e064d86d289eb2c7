/**
 * One journal that one viewer follows: credit, joining of small chunks, and the messages about the stream. Independent
 * of sockets and targets: between a source and a sink.
 */
import type { Execution } from '@/lib/process-api/execution'
import type { Problem } from '@/lib/process-api/problem'
import type { ServerMessage } from '../protocol'
import { ChunkQueue, type FramedChunk } from './chunk-queue'
import type { JournalSource, SourceListener } from './journal-source'
import { LagReporter } from './lag-reporter'

const maxFrameBytes = 64 * 1024
/** The first bytes after a pause are sent at once; later ones are joined for this time, up to this amount. */
const joinMs = 4
const joinBytes = 32 * 1024
/** The source is paused when this much is queued, and resumed at the lower mark. */
const queueHighWater = 256 * 1024
const queueLowWater = 64 * 1024

export interface ChannelSink {
  /** Whether the viewer's socket has room. `Channel.pump` is called when it has room again. */
  isReady(): boolean
  frame(channel: number, chunk: FramedChunk): void
  message(message: ServerMessage): void
  /** The channel has failed for good: remove it. */
  finished(channel: number): void
}

export class Channel implements SourceListener {
  private readonly queue = new ChunkQueue()
  private readonly lag: LagReporter
  private source: JournalSource | null = null
  private pendingEnd: { offset: number; execution: Execution | null } | null = null
  private sentAt = Number.NEGATIVE_INFINITY
  private isSourcePaused = false
  private isClosed = false
  private flushTimer: NodeJS.Timeout | null = null

  /**
   * @param sent offset of the next byte for the viewer
   * @param credit payload bytes that may be sent
   */
  constructor(
    readonly number: number,
    private sent: number,
    private credit: number,
    private readonly sink: ChannelSink,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.lag = new LagReporter({
      sent: () => this.sent,
      isBlocked: () => this.queue.bytes > 0 && (this.credit === 0 || !this.sink.isReady()),
      readSize: async () => (await this.source?.size()) ?? null,
      report: (bytes) => this.sink.message({ t: 'behind', ch: this.number, bytes }),
    })
  }

  attach(source: JournalSource): void {
    this.source = source
    if (this.isClosed) source.close()
  }

  grant(bytes: number): void {
    this.credit += bytes
    this.pump()
  }

  close(): void {
    this.isClosed = true
    this.queue.clear()
    this.lag.close()
    if (this.flushTimer) clearTimeout(this.flushTimer)
    this.source?.close()
  }

  opened(from: number, size: number | null): void {
    if (this.isClosed) return
    // The queue is sent first. A source that starts elsewhere follows another journal.
    if (from !== this.sent + this.queue.bytes) {
      this.queue.clear()
      this.sent = from
    }
    this.sink.message({ t: 'opened', ch: this.number, from: this.sent, size })
    if (size !== null) this.lag.update(size)
  }

  chunk(chunk: FramedChunk): void {
    if (this.isClosed) return
    this.queue.push(chunk)
    this.pump()
  }

  ended(offset: number, execution: Execution | null): void {
    if (this.isClosed) return
    this.pendingEnd = { offset, execution }
    this.pump()
  }

  away(retryMs: number, message: string): void {
    if (!this.isClosed) this.sink.message({ t: 'away', ch: this.number, retryMs, message })
  }

  failed({ code, message }: Problem): void {
    if (this.isClosed) return
    this.sink.message({ t: 'error', ch: this.number, code, message })
    this.sink.finished(this.number)
  }

  /** Send what may be sent now. */
  pump(): void {
    if (this.isClosed) return
    while (this.queue.bytes > 0 && this.credit > 0 && this.sink.isReady()) {
      if (!this.isDue()) {
        this.scheduleFlush()
        break
      }
      const chunk = this.queue.take(Math.min(this.credit, maxFrameBytes))
      if (chunk === null) break
      this.send(chunk)
    }
    this.sendEnd()
    this.applyBackpressure()
    this.lag.schedule()
  }

  private send(chunk: FramedChunk): void {
    this.credit -= chunk.data.byteLength
    this.sent = chunk.offset + chunk.data.byteLength
    this.sentAt = this.now()
    this.sink.frame(this.number, chunk)
    this.lag.advanced()
  }

  private isDue(): boolean {
    return this.pendingEnd !== null || this.queue.bytes >= joinBytes || this.now() - this.sentAt >= joinMs
  }

  private scheduleFlush(): void {
    this.flushTimer ??= setTimeout(() => {
      this.flushTimer = null
      this.sentAt = Number.NEGATIVE_INFINITY
      this.pump()
    }, joinMs)
  }

  private sendEnd(): void {
    if (this.pendingEnd === null || this.sent < this.pendingEnd.offset) return
    const { offset, execution } = this.pendingEnd
    this.pendingEnd = null
    this.sink.message({ t: 'end', ch: this.number, offset, execution })
  }

  private applyBackpressure(): void {
    if (!this.isSourcePaused && this.queue.bytes >= queueHighWater) {
      this.isSourcePaused = true
      this.source?.pause()
    } else if (this.isSourcePaused && this.queue.bytes <= queueLowWater) {
      this.isSourcePaused = false
      this.source?.resume()
    }
  }
}
