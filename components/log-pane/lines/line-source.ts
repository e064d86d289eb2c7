/** One journal as a source of rows: follows its end, and reads earlier and later parts by offset, a window at a time. */

import { formatBytes } from '@/components/ui/quantity'
import type { JournalSubscription, LiveClient, ReceivedChunk } from '@/lib/live/client/live-client'
import type { JournalRef } from '@/lib/live/protocol'
import type { JournalWindow } from '@/lib/process-api/extensions'
import type { JournalChunk } from '@/lib/process-api/journal-frame'
import { readJson } from '@/lib/queries/read'
import { FirstLine } from '../first-line'
import { LineModel, type LineRow } from './line-model'

/** Bytes of each part. */
export const partBytes = 128 * 1024
/** With a larger lag, the end is opened again and the bytes in between are left out. */
const maxLagBytes = 2 * 1024 * 1024
/** Rows of the live model; the list has its own references to them. */
const maxLiveRows = 50_000
/** The position of a time is searched until it is within this many bytes. */
const seekBytes = 16 * 1024

interface SourceEvents {
  /** There are rows to take. */
  onRows: () => void
  onMessage: (message: string | null) => void
}

export class LineSource {
  private model = new LineModel(maxLiveRows)
  private firstLine = new FirstLine(true)
  private subscription: JournalSubscription | null = null
  private queue: ReceivedChunk[] = []
  private takenId = -1
  /** Offsets of the loaded part. */
  private from = 0
  private to = 0
  /** Bytes that were left out before the next row. */
  private gapBytes = 0

  /**
   * @param path of the journal's read routes, without a slash at its end
   * @param size the last known size of the journal
   */
  constructor(
    private readonly client: Pick<LiveClient, 'follow'>,
    private readonly target: string,
    private readonly ref: JournalRef,
    private readonly path: string,
    private size: number,
    private readonly events: SourceEvents,
  ) {}

  /** Offset of the first loaded byte; 0 where the start is loaded. */
  get start(): number {
    return this.from
  }

  /** Rows before this offset are not in the list any more. */
  dropBefore(offset: number | null): void {
    this.from = offset ?? this.to
  }

  /** Follow the journal from the last part of it. */
  follow(): void {
    this.openAt(Math.max(0, this.size - partBytes))
  }

  close(): void {
    this.subscription?.close()
    this.subscription = null
  }

  private openAt(from: number): void {
    const isFirst = this.subscription === null
    this.subscription?.close()
    this.model = new LineModel(maxLiveRows)
    this.takenId = -1
    this.firstLine = new FirstLine(from === 0)
    this.queue = []
    if (isFirst) this.from = from
    else this.gapBytes += from - this.to
    this.to = from
    this.subscription = this.client.follow(this.target, this.ref, null, from, {
      opened: (_from, size) => {
        this.size = Math.max(this.size, size ?? 0)
        this.events.onMessage(null)
        if (this.size - this.to > maxLagBytes + partBytes) this.openAt(this.size - partBytes)
      },
      data: (chunk) => {
        this.queue.push(chunk)
        this.events.onRows()
      },
      lagging: (bytes) => {
        if (bytes > maxLagBytes) this.openAt(Math.max(this.size, this.to + bytes) - partBytes)
      },
      ended: () => this.events.onRows(),
      away: (_retryMs, message) => this.events.onMessage(message),
      failed: (_code, message) => this.events.onMessage(message),
      replaced: () => this.openAt(0),
    })
  }

  /** Live rows that were not taken before. The last one may still change. */
  takeRows(): readonly LineRow[] {
    for (const chunk of this.queue.splice(0)) {
      this.to = chunk.offset + chunk.data.length
      this.size = Math.max(this.size, this.to)
      this.apply(chunk)
      this.subscription?.parsed(chunk.data.length)
    }
    const rows = this.model.rows.filter(({ id }) => id > this.takenId)
    this.takenId = rows.at(-1)?.id ?? this.takenId
    if (this.gapBytes <= 0 || rows.length === 0) return rows
    const gap = gapRow(rows[0]?.offset ?? this.to, this.gapBytes)
    this.gapBytes = 0
    return [gap, ...rows]
  }

  private apply(chunk: JournalChunk): void {
    const skip = this.firstLine.skip(chunk.data)
    if (skip > 0 && this.to - chunk.data.length === this.from) this.from += skip
    this.model.push(skip === 0 ? chunk : { ...chunk, offset: chunk.offset + skip, data: chunk.data.subarray(skip) })
  }

  /** Rows of the part before the loaded one. */
  async readEarlier(signal: AbortSignal): Promise<readonly LineRow[]> {
    if (this.from === 0) return []
    const to = this.from
    const { rows, start } = await this.read(Math.max(0, to - partBytes), to, signal)
    this.from = start
    return rows
  }

  /** Rows of the part after the loaded one. `complete` where the journal has no more. */
  async readLater(signal: AbortSignal): Promise<{ rows: readonly LineRow[]; complete: boolean }> {
    const { rows, end, size } = await this.read(this.to, this.to + partBytes, signal)
    this.to = end
    return { rows, complete: end >= size }
  }

  /** Load the part around a position instead of the end. */
  async readAround(offset: number, signal: AbortSignal): Promise<{ rows: readonly LineRow[]; complete: boolean }> {
    this.close()
    const { rows, start, end, size } = await this.read(
      Math.max(0, offset - partBytes / 2),
      offset + partBytes / 2,
      signal,
    )
    this.from = start
    this.to = end
    return { rows, complete: end >= size }
  }

  /** The offset at which the journal reaches this time; found by about 20 small reads in a gigabyte. */
  async offsetAt(wallMs: number, signal: AbortSignal): Promise<number> {
    let low = 0
    let high = (await this.window({ tail: '0' }, signal)).size
    while (high - low > seekBytes) {
      const middle = Math.floor((low + high) / 2)
      const [chunk] = (await this.window(range(middle, middle + 1), signal)).chunks
      // Without times, the end is the best guess.
      if (!chunk || chunk.wallMs === null) return high
      if (chunk.wallMs < wallMs) low = middle
      else high = middle
    }
    return low
  }

  /** The whole lines between two offsets. */
  private async read(from: number, to: number, signal: AbortSignal) {
    const { chunks, size } = await this.window(range(from, to), signal)
    const model = new LineModel(Number.POSITIVE_INFINITY)
    const first = new FirstLine(from === 0 || from === this.to)
    let start = from
    let end = from
    for (const { offset, stream, wallMs, data: encoded } of chunks) {
      const data = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0))
      const skip = first.skip(data)
      if (skip > 0 && start === offset) start = offset + skip
      end = offset + data.length
      model.push({ offset: offset + skip, stream, wallMs, data: data.subarray(skip) })
    }
    // The line that the end of the part cuts is read with the next part.
    const last = model.rows.at(-1)
    if (last && !last.ended && end < size && to !== this.from && model.rows.length > 1) {
      model.rows.pop()
      end = last.offset
    }
    return { rows: model.rows as readonly LineRow[], start, end, size }
  }

  private window(query: Record<string, string>, signal: AbortSignal): Promise<JournalWindow> {
    return readJson<JournalWindow>(`${this.path}?${new URLSearchParams(query)}`, signal)
  }
}

/** Stands where bytes were left out, because they arrived faster than they could be shown. */
function gapRow(offset: number, bytes: number): LineRow {
  const text = `\x1b[7m ${formatBytes(bytes)} left out here: too fast to show \x1b[27m`
  return { id: -1, offset, wallMs: null, stream: 'stdout', text, ended: true, version: 0 }
}

function range(from: number, to: number): Record<string, string> {
  return { from: String(from), to: String(to) }
}
