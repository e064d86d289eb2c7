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
  /** Position in the file; the item itself where the disk was full. */
  stored: LineLocation | RunItem
}

/** The code decides how many items there are and how long they are. Its last error is recorded in any case. */
const maxItems = 10_000
const maxLogBytes = 256 * 1024 ** 2
/** Characters of items in memory, which could not be written. */
const maxUnwrittenLength = 16 * 1024 ** 2

export class RunItems {
  private readonly positions: ItemPosition[] = []
  private readonly log: RecordLog
  private failureText: string | null = null
  private isDiskFull = false
  private unwrittenLength = 0
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
    return this.failureText
  }

  /** The journal offset of an item; undefined while there is no such item. */
  offsetOf(index: number): number | undefined {
    return this.positions[index]?.at
  }

  append(item: RunItem): void {
    const stored = this.store(item)
    if (!stored) return
    this.positions.push({ at: item.at, stored })
    for (const listener of this.listeners) listener()
  }

  /** Null for an item that is dropped. */
  private store(item: RunItem): ItemPosition['stored'] | null {
    if (item.kind !== 'error' && (this.count >= maxItems || this.log.size >= maxLogBytes)) {
      this.failureText ??= `a run has at most ${maxItems} results and ${maxLogBytes} bytes of them`
      return null
    }
    try {
      // With a full disk, the run's current clients still get the item.
      return this.isDiskFull ? this.keepUnwritten(item) : this.log.append(item)
    } catch (error) {
      if (error instanceof RangeError) {
        this.failureText ??= 'a value is nested too deeply'
        return null
      }
      log.error({ err: error }, 'a result could not be recorded')
      this.failureText ??= diskFailure(error)
      this.isDiskFull = true
      return this.keepUnwritten(item)
    }
  }

  private keepUnwritten(item: RunItem): RunItem | null {
    this.unwrittenLength += JSON.stringify(item).length
    return this.unwrittenLength > maxUnwrittenLength ? null : item
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

  /** All items in order, each read when it is its turn: together they can be long. */
  *each(): Generator<RunItem> {
    for (let index = 0; index < this.count; index += 1) {
      const item = this.read(index)
      if (item) yield item
    }
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
