/** The journal of a command, a run or a cell as the source of a replay, read in windows through the console. */
import type { JournalTimeline, JournalWindow } from '@/lib/process-api/extensions'
import { readJson, targetPath } from '@/lib/queries/read'
import type { ReplayCursor, ReplayEvent, ReplayMark, ReplaySource } from '@/lib/replay/replay-event'
import { type ReplayRef, replayQuery } from '@/lib/replay/replay-ref'

const windowBytes = 512 * 1024
/** How much output before a time is drawn: more than fits into the scrollback. */
const maxDrawnBytes = 4 * 1024 * 1024
const timelineTimeoutMs = 65_000
const maxMatches = 200

export class JournalSource implements ReplaySource {
  private constructor(
    private timeline: JournalTimeline,
    private readonly address: (route: string, query?: Record<string, string>) => string,
    private isRunning: boolean,
  ) {}

  static async open(
    { target, sandboxId, ref }: { target: string; sandboxId: string; ref: ReplayRef },
    isRunning: boolean,
    signal: AbortSignal,
  ): Promise<JournalSource> {
    const address = (route: string, query: Record<string, string> = {}) =>
      `${targetPath(target, 'sandboxes', sandboxId, 'replay', route)}?${new URLSearchParams({ ...replayQuery(ref), ...query })}`
    return new JournalSource(await readTimeline(address, signal), address, isRunning)
  }

  get durationMs(): number {
    return this.timeline.durationMs
  }

  /** Where stderr was printed. Neighbouring slots are one mark. */
  get marks(): readonly ReplayMark[] {
    const { slots, slotMs, durationMs } = this.timeline
    const marks: ReplayMark[] = []
    for (const [index, [, , stderrBytes]] of slots.entries()) {
      if (stderrBytes === 0) continue
      const fromMs = index * slotMs
      const toMs = Math.min(fromMs + slotMs, durationMs)
      const last = marks.at(-1)
      if (last && last.toMs >= fromMs) last.toMs = toMs
      else marks.push({ kind: 'stderr', fromMs, toMs, label: 'stderr' })
    }
    return marks
  }

  open(ms: number): ReplayCursor {
    const offset = this.offsetAt(ms)
    const from = offset > maxDrawnBytes ? offset - maxDrawnBytes : 0
    return new JournalCursor(from, this)
  }

  /** An offset whose slot covers this time: all output before it is older. */
  offsetAt(ms: number): number {
    const { slots, slotMs, size } = this.timeline
    const index = Math.floor(ms / slotMs)
    return slots[Math.min(index, slots.length - 1)]?.[0] ?? size
  }

  async read(from: number, signal: AbortSignal): Promise<JournalWindow> {
    const to = Math.min(from + windowBytes, this.timeline.size)
    return await readJson<JournalWindow>(this.address('journal', { from: String(from), to: String(to) }), signal)
  }

  get size(): number {
    return this.timeline.size
  }

  /** Present while the execution runs. */
  get refresh(): ((signal: AbortSignal) => Promise<boolean>) | undefined {
    return this.isRunning ? (signal) => this.readAgain(signal) : undefined
  }

  private async readAgain(signal: AbortSignal): Promise<boolean> {
    // In this order: what was printed before the end is then in the timeline.
    const { isRunning } = await readJson<{ isRunning: boolean }>(this.address('info'), signal)
    const { size } = this.timeline
    this.timeline = await readTimeline(this.address, signal)
    this.isRunning = isRunning
    return this.timeline.size > size
  }

  /** The times at which a text was printed, the first 200. */
  async find(text: string, signal: AbortSignal): Promise<ReplayMark[]> {
    const marks: ReplayMark[] = []
    for (let from = 0; marks.length < maxMatches; ) {
      const query = { text, from: String(from) }
      const { offset } = await readJson<{ offset: number | null }>(
        this.address('search', query),
        signal,
        timelineTimeoutMs,
      )
      if (offset === null) break
      const ms = await this.timeOf(offset, signal)
      marks.push({ kind: 'match', fromMs: ms, toMs: ms, label: text })
      from = offset + 1
    }
    return marks
  }

  private async timeOf(offset: number, signal: AbortSignal): Promise<number> {
    const query = { from: String(offset), to: String(offset + 1) }
    const { chunks } = await readJson<JournalWindow>(this.address('journal', query), signal)
    return chunks[0]?.sinceStartMs ?? 0
  }
}

class JournalCursor implements ReplayCursor {
  readonly grid = null
  private offset: number
  private ms = 0
  private isCut: boolean

  constructor(
    readonly skippedBytes: number,
    private readonly source: JournalSource,
  ) {
    this.offset = skippedBytes
    this.isCut = skippedBytes > 0
  }

  isNear(ms: number): boolean {
    return this.source.offsetAt(ms) - this.offset <= maxDrawnBytes
  }

  async next(signal: AbortSignal): Promise<readonly ReplayEvent[]> {
    if (this.offset >= this.source.size) return []
    const { to, chunks } = await this.source.read(this.offset, signal)
    const events: ReplayEvent[] = []
    for (const chunk of chunks) {
      const data = this.fromFirstLine(bytesOf(chunk.data))
      this.ms = Math.max(this.ms, chunk.sinceStartMs ?? 0)
      events.push({ kind: 'output', ms: this.ms, data, isStderr: chunk.stream === 'stderr' })
    }
    // A window without a chunk would be taken for the end.
    this.offset = Math.max(to, this.offset + 1)
    return events
  }

  /** A part that starts in the middle of a line, and perhaps of a character, is shown from the next line on. */
  private fromFirstLine(data: Uint8Array): Uint8Array {
    if (!this.isCut) return data
    const end = data.indexOf(0x0a)
    if (end === -1) return new Uint8Array()
    this.isCut = false
    return data.subarray(end + 1)
  }
}

function readTimeline(address: (route: string) => string, signal: AbortSignal): Promise<JournalTimeline> {
  return readJson<JournalTimeline>(address('timeline'), signal, timelineTimeoutMs)
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
