/**
 * What a run produced besides its output: values, charts, prompts, its error. Stored in a file next to the journal, one
 * JSON line per item; memory holds only the positions.
 */
import { log } from '@/lib/log/log'
import { type RunItem, runItemSchema } from '@/lib/process-api/interpreter'
import type { StateFile } from '../../state/files'
import { type LineLocation, RecordLog } from '../execution/record-log'
import { diskFailure } from '../journal/journal'

interface ItemPosition {
  /** Offset in the run's journal. */
  at: number
  /** Position in the file; the item itself where it could not be written. */
  stored: LineLocation | RunItem
}

export class RunItems {
  private readonly positions: ItemPosition[] = []
  private readonly log: RecordLog
  private writeError: Error | null = null
  /** The file of an earlier run was changed or is incomplete. */
  private unverified = false
  private readonly listeners = new Set<() => void>()

  private constructor(private readonly file: StateFile) {
    this.log = new RecordLog(file)
  }

  static create(file: StateFile): RunItems {
    return new RunItems(file)
  }

  /** Items of an earlier run. Lines that cannot be read, such as one that was written only in part, are left out. */
  static open(file: StateFile): RunItems {
    const items = new RunItems(file)
    for (const { location, value, authenticity, isAfterGap } of items.log.lines()) {
      const item = parse(value)
      if (item) items.positions.push({ at: item.at, stored: location })
      if (isAfterGap || authenticity !== 'authentic') items.unverified = true
    }
    return items
  }

  get isUnverified(): boolean {
    return this.unverified
  }

  get count(): number {
    return this.positions.length
  }

  /** Why some items are not recorded; null while all are. */
  get failure(): string | null {
    return this.writeError === null ? null : diskFailure(this.writeError)
  }

  /** The journal offset of an item; undefined while there is no such item. */
  offsetOf(index: number): number | undefined {
    return this.positions[index]?.at
  }

  append(item: RunItem): void {
    let stored: ItemPosition['stored'] = item
    try {
      if (this.writeError) throw this.writeError
      stored = this.log.append(item)
    } catch (error) {
      // With a full disk, the run's current clients still get the item.
      if (!this.writeError) log.error({ err: error }, 'a result could not be recorded')
      this.writeError = error instanceof Error ? error : new Error(String(error))
    }
    this.positions.push({ at: item.at, stored })
    for (const listener of this.listeners) listener()
  }

  read(index: number): RunItem | undefined {
    const stored = this.positions[index]?.stored
    if (!stored || 'kind' in stored) return stored
    try {
      return parse(this.log.readAt(stored).value) ?? undefined
    } catch (error) {
      log.error({ err: error }, 'a result could not be read')
      return undefined
    }
  }

  list(from = 0): RunItem[] {
    return this.positions.slice(from).flatMap((_, index) => this.read(from + index) ?? [])
  }

  /** Call the listener after each item. Returns a function that removes it. */
  onAppend(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  remove(): void {
    this.file.remove()
    this.positions.length = 0
  }
}

function parse(value: unknown): RunItem | null {
  const result = runItemSchema.safeParse(value)
  return result.success ? result.data : null
}
