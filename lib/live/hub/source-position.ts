/** The position of a source in its journal. It drops what was delivered before and reports each end once. */
import type { Execution } from '@/lib/process-api/execution'
import type { FramedChunk } from './chunk-queue'
import type { SourceListener } from './journal-source'

export class SourcePosition {
  private nextOffset: number
  private reportedEnd: { offset: number; state: string | undefined } | null = null

  constructor(
    from: number,
    private readonly listener: SourceListener,
  ) {
    this.nextOffset = from
  }

  /** Offset of the next byte to deliver. */
  get next(): number {
    return this.nextOffset
  }

  opened(from: number, size: number | null): void {
    this.nextOffset = from
    this.listener.opened(from, size)
  }

  /** Deliver the part of the chunk that was not delivered before. */
  deliver(chunk: FramedChunk): void {
    const delivered = this.nextOffset - chunk.offset
    if (delivered >= chunk.data.byteLength) return
    const { stream, wallMs } = chunk
    const rest =
      delivered <= 0 ? chunk : { stream, offset: this.nextOffset, wallMs, data: chunk.data.subarray(delivered) }
    this.nextOffset = rest.offset + rest.data.byteLength
    this.listener.chunk(rest)
  }

  /** Not reported again where a later connection repeats the same end. */
  ended(offset: number, execution: Execution | null): void {
    const state = execution?.state
    if (this.reportedEnd && this.reportedEnd.offset === offset && this.reportedEnd.state === state) return
    this.reportedEnd = { offset, state }
    this.listener.ended(offset, execution)
  }
}
