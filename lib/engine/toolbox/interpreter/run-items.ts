/**
 * What a run produced beside its output: values, charts, questions, its error. Kept in a file beside the journal, one
 * JSON line each; memory holds only where each begins.
 */
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, readSync, rmSync, truncateSync } from 'node:fs'
import { type RunItem, runItem } from '@/lib/process-api/interpreter'
import { diskFailure } from '../journal/journal'
import { withSpareRoom } from '../journal/spare-room'

interface Place {
  /** Offset in the run's journal. */
  at: number
  position: number
  length: number
  /** Held here only where it could not be written. */
  kept: RunItem | null
}

export class RunItems {
  private readonly places: Place[] = []
  private size = 0
  private broken: Error | null = null
  private readonly listeners = new Set<() => void>()

  private constructor(private readonly file: string) {}

  static create(file: string): RunItems {
    return new RunItems(file)
  }

  /** Items of an earlier run; lines that cannot be read (the writer died in the middle) are left out. */
  static open(file: string): RunItems {
    const items = new RunItems(file)
    for (const line of linesOf(file)) {
      const length = Buffer.byteLength(line)
      const item = parse(line)
      if (item) items.places.push({ at: item.at, position: items.size, length, kept: null })
      items.size += length + 1
    }
    return items
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
    const line = Buffer.from(`${JSON.stringify(item)}\n`)
    const place: Place = { at: item.at, position: this.size, length: line.length - 1, kept: null }
    try {
      if (this.broken) throw this.broken
      withSpareRoom(() => this.write(line))
      this.size += line.length
    } catch (error) {
      // A full disk must not take a result away from those who look at it now. The line may be there in part, so
      // nothing is written behind it.
      if (!this.broken) console.error('a result could not be recorded:', error)
      this.broken = error instanceof Error ? error : new Error(String(error))
      place.kept = item
    }
    this.places.push(place)
    for (const listener of this.listeners) listener()
  }

  /** Whole or not at all, so that it can be tried again. */
  private write(line: Buffer): void {
    try {
      appendFileSync(this.file, line, { mode: 0o600 })
    } catch (error) {
      if (existsSync(this.file)) truncateSync(this.file, this.size)
      throw error
    }
  }

  read(index: number): RunItem | undefined {
    const place = this.places[index]
    if (!place) return undefined
    if (place.kept) return place.kept
    const bytes = Buffer.alloc(place.length)
    const file = openSync(this.file, 'r')
    try {
      readSync(file, bytes, 0, place.length, place.position)
    } finally {
      closeSync(file)
    }
    return parse(bytes.toString('utf8')) ?? undefined
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
    rmSync(this.file, { force: true })
    this.places.length = 0
  }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(0, -1)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

function parse(line: string): RunItem | null {
  try {
    return runItem.parse(JSON.parse(line))
  } catch {
    // A line that was cut off by the death of its writer.
    return null
  }
}
