/**
 * Reads several journals and terminals into one list in the order of time: the end of each, live, or the surroundings of
 * one line. Everything is read by offset, a part at a time.
 */

import type { LiveClient } from '@/lib/live/client/live-client'
import type { PtySubscription } from '@/lib/live/client/pty-channel'
import type { JournalRef } from '@/lib/live/protocol'
import { LineModel } from './line-model'
import { LineSource } from './line-source'
import { MergedLines, type MergedRow } from './merged-lines'

/** How long a live row waits for earlier rows of other sources. */
const reorderMs = 250
/** Rows in the list; older ones can be loaded again. */
const maxRows = 40_000
const updateIntervalMs = 100

export type SourceRef =
  | { kind: 'journal'; ref: JournalRef; path: string; size: number }
  | { kind: 'terminal'; sandboxId: string; ptyId: string }

/** A line of a journal: the index of its source and the offset of its first byte. */
export interface LinePosition {
  source: number
  offset: number
}

export interface MergedState {
  /** Grows when the rows have changed. */
  version: number
  /** The end is followed. */
  live: boolean
  loading: boolean
  /** What went wrong, as a sentence. */
  message: string | null
}

export class MergedReader {
  private lines: MergedLines
  private journals: (LineSource | null)[] = []
  private terminals: PtySubscription[] = []
  private readonly listeners = new Set<() => void>()
  private state: MergedState = { version: 0, live: true, loading: true, message: null }
  private abort = new AbortController()
  private frame: number | null = null
  private updatedAt = 0
  private takers: (() => void)[] = []

  constructor(
    private readonly client: LiveClient,
    private readonly target: string,
    private readonly sources: readonly SourceRef[],
  ) {
    this.lines = new MergedLines(sources.length, reorderMs)
  }

  readonly getState = (): MergedState => this.state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Rows at times that all enabled sources cover. */
  rows(enabled: (source: number) => boolean): MergedRow[] {
    return this.lines.covered(enabled)
  }

  canLoad(direction: 'earlier' | 'later', enabled: (source: number) => boolean): boolean {
    return this.lines.limiting(direction, enabled).length > 0
  }

  /** Follow the end of all sources. */
  follow(): void {
    this.restart(true)
    this.journals.forEach((journal, source) => {
      journal?.follow()
      this.lines.setRange(source, { hasStart: (journal?.start ?? 0) === 0, hasEnd: true })
    })
    this.openTerminals()
    this.update({ loading: false })
  }

  /** Load the surroundings of a line, in all sources around the same time. */
  async openAt({ source: linked, offset }: LinePosition): Promise<void> {
    this.restart(false)
    const { signal } = this.abort
    const journal = this.journals[linked]
    if (!journal) return this.follow()
    await this.guarded(async () => {
      const own = await journal.readAround(offset, signal)
      this.addPart(linked, journal, own)
      const line = own.rows.findLast((row) => row.offset <= offset)
      const time = line?.wallMs ?? null
      await Promise.all(
        this.journals.map(async (other, source) => {
          if (!other || source === linked) return
          const at = time === null ? 0 : await other.offsetAt(time, signal)
          this.addPart(source, other, await other.readAround(at, signal))
        }),
      )
    })
  }

  /** Load more of the sources that limit what can be shown. */
  async load(direction: 'earlier' | 'later', enabled: (source: number) => boolean): Promise<void> {
    const { signal } = this.abort
    await this.guarded(async () => {
      for (const source of this.lines.limiting(direction, enabled)) {
        const journal = this.journals[source]
        if (!journal) continue
        if (direction === 'earlier') {
          this.lines.prepend(source, await journal.readEarlier(signal))
          this.lines.setRange(source, { hasStart: journal.start === 0 })
        } else {
          this.addPart(source, journal, await journal.readLater(signal))
        }
      }
    })
  }

  close(): void {
    this.abort.abort()
    for (const journal of this.journals) journal?.close()
    for (const terminal of this.terminals) terminal.close()
    this.terminals = []
    if (this.frame !== null) cancelAnimationFrame(this.frame)
    this.frame = null
  }

  private restart(live: boolean): void {
    this.close()
    this.abort = new AbortController()
    this.lines = new MergedLines(this.sources.length, reorderMs)
    this.takers = []
    this.journals = this.sources.map((source, index) => (source.kind === 'journal' ? this.open(source, index) : null))
    this.update({ live, loading: true, message: null })
  }

  private open({ ref, path, size }: Extract<SourceRef, { kind: 'journal' }>, source: number): LineSource {
    const journal = new LineSource(this.client, this.target, ref, path, size, {
      onRows: () => this.schedule(),
      onMessage: (message) => this.update({ message }),
    })
    this.takers.push(() => {
      const rows = journal.takeRows()
      if (rows.length === 0) return
      this.lines.append(source, rows, performance.now())
      this.lines.setRange(source, { hasStart: journal.start === 0 })
    })
    return journal
  }

  /** Terminals have no recorded times: their lines join from now on, when they arrive. */
  private openTerminals(): void {
    this.sources.forEach((ref, source) => {
      if (ref.kind !== 'terminal') return
      const model = new LineModel(maxRows)
      let offset = 0
      let takenId = -1
      this.lines.setRange(source, { hasStart: true, hasEnd: true })
      const address = { target: this.target, sandboxId: ref.sandboxId, ptyId: ref.ptyId }
      const terminal = this.client.openPty(address, 'merged view', {
        opened: () => undefined,
        screen: () => undefined,
        data: (data) => {
          model.push({ stream: 'stdout', offset, wallMs: Date.now(), data })
          offset += data.length
          terminal.parsed(data.length)
          this.schedule()
        },
        sized: () => undefined,
        exited: () => undefined,
        away: (_retryMs, message) => this.update({ message }),
        failed: (_code, message) => this.update({ message }),
        notSent: () => undefined,
        roundTrip: () => undefined,
      })
      this.terminals.push(terminal)
      this.takers.push(() => {
        const rows = model.rows.filter(({ id }) => id > takenId)
        takenId = rows.at(-1)?.id ?? takenId
        this.lines.append(source, rows, performance.now())
      })
    })
  }

  private addPart(
    source: number,
    journal: LineSource,
    { rows, complete }: Awaited<ReturnType<LineSource['readLater']>>,
  ): void {
    this.lines.append(source, rows, Number.NEGATIVE_INFINITY)
    this.lines.release(0)
    this.lines.setRange(source, { hasStart: journal.start === 0, hasEnd: complete })
  }

  private async guarded(work: () => Promise<void>): Promise<void> {
    const { signal } = this.abort
    this.update({ loading: true })
    try {
      await work()
      if (!signal.aborted) this.update({ loading: false, message: null }, true)
    } catch (error) {
      if (signal.aborted) return
      this.update({ loading: false, message: error instanceof Error ? error.message : 'A part could not be read.' })
    }
  }

  private schedule(): void {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null
      const now = performance.now()
      if (now - this.updatedAt < updateIntervalMs) {
        this.schedule()
        return
      }
      this.updatedAt = now
      for (const take of this.takers) take()
      this.lines.release(now)
      for (const [source, offset] of this.lines.trim(maxRows)) this.journals[source]?.dropBefore(offset)
      if (this.lines.hasHeld) this.schedule()
      this.update({}, true)
    })
  }

  private update(change: Partial<MergedState>, changed = false): void {
    this.state = { ...this.state, ...change, version: this.state.version + (changed ? 1 : 0) }
    for (const listener of this.listeners) listener()
  }
}
