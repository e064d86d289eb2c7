/**
 * Follows the end of one journal for as long as somebody looks: it opens the tail, leaves out what a fast writer printed
 * in between, and unsubscribes while nothing is shown. The rows are always one contiguous part of the journal.
 */
import type { JournalSink, JournalSubscription, LiveClient, ReceivedChunk } from '@/lib/live/client/live-client'
import type { JournalRef } from '@/lib/live/protocol'
import type { Execution } from '@/lib/process-api/execution'
import { FirstLine } from '../first-line'
import { LineModel, type LineRow } from './line-model'

/** Bytes that are opened at the end of a journal. */
const tailBytes = 32 * 1024
/** With a larger lag, the tail is opened again. */
const maxLagBytes = 256 * 1024
/** Received bytes above this are left out, since they would have scrolled past before anybody saw them. */
const maxQueuedBytes = 64 * 1024

export interface TailState {
  phase: 'paused' | 'opening' | 'open' | 'away' | 'failed'
  /** Why there is nothing, as a sentence; null unless `away` or `failed`. */
  message: string | null
  /** How the execution ended, where the stream reported that. */
  ended: Execution | null
}

interface TailOptions {
  client: Pick<LiveClient, 'follow'>
  target: string
  ref: JournalRef
  /** The last known size of the journal. */
  size: number
  /** The number of rows that are kept. */
  maxRows: number
  /** There is something to draw. */
  onDirty: () => void
  onState: (state: TailState) => void
  onReceived: (bytes: number) => void
}

export class TailFollower {
  private model: LineModel
  private firstLine = new FirstLine(true)
  private queue: ReceivedChunk[] = []
  private queuedBytes = 0
  private subscription: JournalSubscription | null = null
  private state: TailState = { phase: 'paused', message: null, ended: null }
  private size: number
  private receivedTo = 0
  private hasCorrected = false
  private isComplete = false

  constructor(private readonly options: TailOptions) {
    this.model = new LineModel(options.maxRows)
    this.size = options.size
  }

  /** The last rows, once what was received is applied. */
  takeRows(): readonly LineRow[] {
    let bytes = 0
    for (const chunk of this.queue) {
      bytes += chunk.data.length
      this.apply(chunk)
    }
    this.queue = []
    this.queuedBytes = 0
    if (bytes > 0) this.subscription?.parsed(bytes)
    return this.model.rows
  }

  /** Follow the tail, from what was read before if the journal has grown only a little. */
  start(size: number): void {
    if (this.subscription || this.isComplete) return
    this.size = Math.max(this.size, size)
    this.hasCorrected = false
    this.open(this.size - this.receivedTo > tailBytes ? null : this.receivedTo)
  }

  /** Unsubscribe; nothing is received until `start`. */
  stop(): void {
    if (!this.subscription) return
    this.takeRows()
    this.subscription.close()
    this.subscription = null
    this.update({ phase: 'paused', message: null })
  }

  retry(): void {
    this.update({ phase: 'opening', message: null })
    this.subscription?.retry()
  }

  /** @param from continue at this offset; null for the tail */
  private open(from: number | null): void {
    this.subscription?.close()
    const start = from ?? Math.max(0, this.size - tailBytes)
    this.queue = []
    this.queuedBytes = 0
    if (from === null) this.clear(start)
    this.receivedTo = start
    this.update({ phase: 'opening', message: null })
    const { client, target, ref } = this.options
    const sink = this.createSink()
    this.subscription = client.follow(target, ref, null, start, sink)
  }

  private clear(from: number): void {
    this.model = new LineModel(this.options.maxRows)
    this.firstLine = new FirstLine(from === 0)
  }

  private createSink(): JournalSink {
    return {
      opened: (from, size) => {
        this.size = Math.max(this.size, size ?? 0)
        this.update({ phase: 'open', message: null })
        // Only once: a fast writer is always ahead of the known size.
        if (!this.hasCorrected && this.size - from > tailBytes + maxLagBytes) {
          this.hasCorrected = true
          this.open(null)
        }
      },
      data: (chunk) => this.receive(chunk),
      lagging: (bytes) => {
        this.size = Math.max(this.size, this.receivedTo + bytes)
        if (bytes > maxLagBytes) this.open(null)
      },
      ended: (_offset, ended) => {
        this.update({ phase: 'open', message: null, ended })
        // Processes that were left behind may still print.
        if (ended !== null && ended.survivors.length === 0) this.complete()
      },
      away: (_retryMs, message) => this.update({ phase: 'away', message }),
      failed: (_code, message) => this.update({ phase: 'failed', message }),
      replaced: () => {
        this.size = 0
        this.receivedTo = 0
        this.clear(0)
      },
    }
  }

  /** Nothing more will be printed: a finished pane needs no channel. */
  private complete(): void {
    this.isComplete = true
    this.subscription?.close()
    this.subscription = null
  }

  private receive(chunk: ReceivedChunk): void {
    this.options.onReceived(chunk.data.length)
    this.receivedTo = chunk.offset + chunk.data.length
    this.size = Math.max(this.size, this.receivedTo)
    this.queue.push(chunk)
    this.queuedBytes += chunk.data.length
    if (this.state.phase !== 'open') this.update({ phase: 'open', message: null })
    this.dropOld()
    this.options.onDirty()
  }

  /** Leave out the oldest of what was received; the rows before it would not be contiguous any more. */
  private dropOld(): void {
    if (this.queuedBytes <= 2 * maxQueuedBytes) return
    let dropped = 0
    while (this.queue.length > 1 && this.queuedBytes > maxQueuedBytes) {
      const bytes = this.queue.shift()?.data.length ?? 0
      this.queuedBytes -= bytes
      dropped += bytes
    }
    this.clear(1)
    this.subscription?.parsed(dropped)
  }

  private apply(chunk: ReceivedChunk): void {
    if (chunk.missing > 0) this.clear(1)
    const skip = this.firstLine.skip(chunk.data)
    if (skip === 0) this.model.push(chunk)
    else this.model.push({ ...chunk, offset: chunk.offset + skip, data: chunk.data.subarray(skip) })
  }

  private update(change: Partial<TailState>): void {
    this.state = { ...this.state, ...change }
    this.options.onState(this.state)
  }
}
