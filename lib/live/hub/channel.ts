/**
 * One followed journal of one viewer: credit, joining of small chunks, and what the viewer is told beside the bytes.
 * It knows neither sockets nor targets, only a source in front of it and an outlet behind it.
 */
import type { Execution } from '@/lib/process-api/execution'
import type { Problem } from '@/lib/process-api/problem'
import type { ServerMessage } from '../protocol'
import { BehindMeter, behindBytes } from './behind-meter'
import { type Chunk, ChunkQueue } from './chunk-queue'
import type { JournalSource, SourceListener } from './journal-source'

/** Longest payload of a frame. */
const frameBytes = 64 * 1024
/** The first bytes after a pause go at once; what follows within this time is gathered, up to so many bytes. */
const gatherMs = 4
const gatherBytes = 32 * 1024
/** The source is told to wait when this much is queued, and to go on when it has sunk to the lower mark. */
const queueHigh = 256 * 1024
const queueLow = 64 * 1024
/** A viewer that takes nothing is measured against the journal's end this often. */
const measureMs = 1000

export interface Outlet {
  /** Whether the viewer's socket takes more right now; `Channel.pump` is called when it does again. */
  isReady(): boolean
  frame(channel: number, chunk: Chunk): void
  message(message: ServerMessage): void
  /** The channel failed for good and is to be forgotten. */
  finished(channel: number): void
}

export class Channel implements SourceListener {
  private readonly queue = new ChunkQueue()
  private readonly meter = new BehindMeter()
  private source: JournalSource | null = null
  private end: { offset: number; execution: Execution | null } | null = null
  private sentAt = Number.NEGATIVE_INFINITY
  private paused = false
  private closed = false
  private flushTimer: NodeJS.Timeout | null = null
  private measureTimer: NodeJS.Timeout | null = null
  private measuring = false
  private size = 0

  /**
   * @param sent offset of the next byte for the viewer
   * @param credit payload bytes that the viewer takes
   */
  constructor(
    readonly number: number,
    private sent: number,
    private credit: number,
    private readonly outlet: Outlet,
    private readonly now: () => number = () => performance.now(),
  ) {}

  attach(source: JournalSource): void {
    this.source = source
    if (this.closed) source.close()
  }

  grant(bytes: number): void {
    this.credit += bytes
    this.pump()
  }

  close(): void {
    this.closed = true
    this.queue.clear()
    if (this.flushTimer) clearTimeout(this.flushTimer)
    if (this.measureTimer) clearTimeout(this.measureTimer)
    this.source?.close()
  }

  opened(from: number, size: number | null): void {
    if (this.closed) return
    // What is queued still comes before it; a source that begins elsewhere speaks of another journal.
    if (from !== this.sent + this.queue.bytes) {
      this.queue.clear()
      this.sent = from
    }
    this.outlet.message({ t: 'opened', ch: this.number, from: this.sent, size })
    if (size !== null) this.measureAgainst(size)
  }

  chunk(chunk: Chunk): void {
    if (this.closed) return
    this.queue.push(chunk)
    this.pump()
  }

  ended(offset: number, execution: Execution | null): void {
    if (this.closed) return
    this.end = { offset, execution }
    this.pump()
  }

  away(retryMs: number, message: string): void {
    if (!this.closed) this.outlet.message({ t: 'away', ch: this.number, retryMs, message })
  }

  failed({ code, message }: Problem): void {
    if (this.closed) return
    this.outlet.message({ t: 'error', ch: this.number, code, message })
    this.outlet.finished(this.number)
  }

  /** Send what may be sent now. */
  pump(): void {
    if (this.closed) return
    while (this.queue.bytes > 0 && this.credit > 0 && this.outlet.isReady()) {
      if (!this.isDue()) {
        this.flushLater()
        break
      }
      const chunk = this.queue.take(Math.min(this.credit, frameBytes))
      if (chunk === null) break
      this.send(chunk)
    }
    this.tellEnd()
    this.steerSource()
    this.watchLag()
  }

  private send(chunk: Chunk): void {
    this.credit -= chunk.data.byteLength
    this.sent = chunk.offset + chunk.data.byteLength
    this.sentAt = this.now()
    this.outlet.frame(this.number, chunk)
    // Near the size that was known, only a fresh look can say whether the viewer has caught up.
    if (this.size - this.sent > behindBytes) this.measureAgainst(this.size)
  }

  private isDue(): boolean {
    return this.end !== null || this.queue.bytes >= gatherBytes || this.now() - this.sentAt >= gatherMs
  }

  private flushLater(): void {
    this.flushTimer ??= setTimeout(() => {
      this.flushTimer = null
      this.sentAt = Number.NEGATIVE_INFINITY
      this.pump()
    }, gatherMs)
  }

  private tellEnd(): void {
    if (this.end === null || this.sent < this.end.offset) return
    const { offset, execution } = this.end
    this.end = null
    this.outlet.message({ t: 'end', ch: this.number, offset, execution })
  }

  private steerSource(): void {
    if (!this.paused && this.queue.bytes >= queueHigh) {
      this.paused = true
      this.source?.pause()
    } else if (this.paused && this.queue.bytes <= queueLow) {
      this.paused = false
      this.source?.resume()
    }
  }

  /** While the viewer takes nothing, or was told that it is behind, look where the journal ends. */
  private watchLag(): void {
    const stuck = this.queue.bytes > 0 && (this.credit === 0 || !this.outlet.isReady())
    if (!stuck && !this.meter.isBehind) return
    this.measureTimer ??= setTimeout(() => void this.measure(), measureMs)
  }

  private async measure(): Promise<void> {
    if (this.measuring) return
    this.measuring = true
    const size = (await this.source?.size()) ?? null
    this.measuring = false
    this.measureTimer = null
    if (this.closed) return
    if (size !== null) this.measureAgainst(size)
    this.watchLag()
  }

  private measureAgainst(size: number): void {
    this.size = Math.max(size, this.sent)
    const bytes = this.meter.measure(this.size, this.sent)
    if (bytes !== null) this.outlet.message({ t: 'behind', ch: this.number, bytes })
  }
}
