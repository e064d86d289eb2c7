/**
 * What a run produced beside its output: values, charts, questions, its error. Kept in a file beside the journal, one
 * JSON line each; memory holds only where each begins.
 */
import { log } from '@/lib/log/log'
import { type RunItem, runItemSchema } from '@/lib/process-api/interpreter'
import type { StateFile } from '../../state/files'
import { type LineLocation, RecordLog } from '../execution/record-log'
import { diskFailure } from '../journal/journal'

interface Place {
  /** Offset in the run's journal. */
  at: number
  /** Where it is; the item itself where it could not be written. */
  kept: LineLocation | RunItem
}

export class RunItems {
  private readonly places: Place[] = []
  private readonly log: RecordLog
  private broken: Error | null = null
  /** Something of an earlier run's items is not what was written there. */
  private doubtful = false
  private readonly listeners = new Set<() => void>()

  private constructor(private readonly file: StateFile) {
    this.log = new RecordLog(file)
  }

  static create(file: StateFile): RunItems {
    return new RunItems(file)
  }

  /** Items of an earlier run; lines that cannot be read (the writer died in the middle) are left out. */
  static open(file: StateFile): RunItems {
    const items = new RunItems(file)
    for (const { location: place, value, authenticity: standing, isAfterGap } of items.log.lines()) {
      const item = parse(value)
      if (item) items.places.push({ at: item.at, kept: place })
      if (isAfterGap || standing !== 'authentic') items.doubtful = true
    }
    return items
  }

  get isDoubtful(): boolean {
    return this.doubtful
  }

  get count(): number {
    return this.places.length
  }

  /** Why not all of them are recorded; null while they are. */
  get failure(): string | null {
    return this.broken === null ? null : diskFailure(this.broken)
  }

  /** The journal offset of an item, or undefined where there is none yet. */
  offsetOf(index: number): number | undefined {
    return this.places[index]?.at
  }

  append(item: RunItem): void {
    let kept: Place['kept'] = item
    try {
      if (this.broken) throw this.broken
      kept = this.log.append(item)
    } catch (error) {
      // A full disk must not take a result away from those who look at it now.
      if (!this.broken) log.error({ err: error }, 'a result could not be recorded')
      this.broken = error instanceof Error ? error : new Error(String(error))
    }
    this.places.push({ at: item.at, kept })
    for (const listener of this.listeners) listener()
  }

  read(index: number): RunItem | undefined {
    const kept = this.places[index]?.kept
    if (!kept || 'kind' in kept) return kept
    try {
      return parse(this.log.readAt(kept).value) ?? undefined
    } catch (error) {
      log.error({ err: error }, 'a result could not be read')
      return undefined
    }
  }

  list(from = 0): RunItem[] {
    return this.places.slice(from).flatMap((_, index) => this.read(from + index) ?? [])
  }

  /** Called after each item. Returns what ends that. */
  onAppend(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  remove(): void {
    this.file.remove()
    this.places.length = 0
  }
}

function parse(value: unknown): RunItem | null {
  const result = runItemSchema.safeParse(value)
  return result.success ? result.data : null
}
