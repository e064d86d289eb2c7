/**
 * One contiguous part of a journal on its way to the screen: received chunks wait in a queue until they are written.
 * A new window is created for each part that is opened.
 */
import type { ReceivedChunk } from '@/lib/live/client/live-client'
import type { JournalChunk } from '@/lib/process-api/journal-frame'
import { FirstLine } from './first-line'
import { Utf8Carry } from './utf8-carry'

export interface WindowOptions {
  from: number
  /** The part starts at the start of a line; else the line that it cuts is left out. */
  startsLine: boolean
  /** Scroll to the line of this offset once it was read. */
  seek?: Seek | null
  /** The part was opened because the first one was far from the end of the journal. */
  isCorrection?: boolean
}

export interface Seek {
  offset: number
  onArrived: () => void
}

export class JournalWindow {
  /** The part's offset to scroll to; null where there is none or it was reached. */
  seek: Seek | null
  readonly isCorrection: boolean
  private readonly queue: ReceivedChunk[] = []
  private readonly firstLine: FirstLine
  private readonly carry = new Utf8Carry()
  private startOffset: number
  private parsedOffset: number

  constructor({ from, startsLine, seek = null, isCorrection = false }: WindowOptions) {
    this.startOffset = from
    this.parsedOffset = from
    this.firstLine = new FirstLine(startsLine || from === 0)
    this.seek = seek
    this.isCorrection = isCorrection
  }

  /** Offset of the first byte on the screen. */
  get start(): number {
    return this.startOffset
  }

  /** Offset up to which the screen has parsed. */
  get parsedTo(): number {
    return this.parsedOffset
  }

  /** Offset up to which chunks were received. */
  get receivedTo(): number {
    const last = this.queue.at(-1)
    return last ? last.offset + last.data.length : this.parsedOffset
  }

  get hasQueue(): boolean {
    return this.queue.length > 0
  }

  /** True until the first chunk was received. */
  get isEmpty(): boolean {
    return this.parsedOffset === this.startOffset && !this.hasQueue
  }

  push(chunk: ReceivedChunk): void {
    this.queue.push(chunk)
  }

  /** The next chunk to write, without cut lines and characters, and the number of bytes that it stands for. */
  take(): { chunk: JournalChunk; received: number; end: number } | null {
    const next = this.queue.shift()
    if (!next) return null
    const { offset, stream, wallMs, data } = next
    const skip = this.firstLine.skip(data)
    if (skip > 0 && this.firstLine.found && this.parsedOffset === this.startOffset) this.startOffset = offset + skip
    const chunk = { offset: offset + skip, stream, wallMs, data: this.carry.next(stream, data.subarray(skip)) }
    return { chunk, received: data.length, end: offset + data.length }
  }

  /** Incomplete characters at the end of each stream, to be shown as invalid bytes. */
  takeIncomplete(): JournalChunk[] {
    return (['stdout', 'stderr'] as const).flatMap((stream) => {
      const data = this.carry.end(stream)
      return data.length > 0 ? [{ offset: this.parsedOffset, stream, wallMs: null, data }] : []
    })
  }

  /** The screen has parsed everything up to this offset. */
  parsed(end: number): void {
    this.parsedOffset = end
  }

  /** The screen was cleared: only later bytes are on it. */
  clear(): void {
    this.startOffset = this.parsedOffset
  }
}
