/**
 * Find in a log: first in the part that is loaded, by the screen itself; behind its last match in the rest, by the
 * engine, which tells where the next one is. That part is then opened around it.
 */
import type { JournalReader } from './journal-reader'
import type { FindOptions, LogTerminal, MatchColors } from './log-terminal'

export type FindDirection = 'next' | 'previous'

export interface Finding {
  /** Of the current match among those of the loaded part, from 0; -1 where there are too many to number. */
  index: number
  count: number
  /** What is known of the part that is not loaded: nothing yet, being searched, no match in it, or it cannot be. */
  rest: 'unknown' | 'searching' | 'none' | 'failed'
}

/** A request to the engine. Offsets are those of what is shown. */
export interface WholeSearch {
  text: string
  from: number
  direction: 'forward' | 'backward'
  caseSensitive: boolean
  wholeWord: boolean
}

interface LogSearchOptions {
  reader: JournalReader
  terminal: LogTerminal
  colors: () => MatchColors
  /** Offset of a match or null; null altogether where the target cannot search. */
  whole: ((asked: WholeSearch, signal: AbortSignal) => Promise<number | null>) | null
}

const nothing: Finding = { index: -1, count: 0, rest: 'unknown' }

export class LogSearch {
  readonly #options: LogSearchOptions
  readonly #listeners = new Set<() => void>()
  #finding = nothing
  #underWay = new AbortController()

  constructor(options: LogSearchOptions) {
    this.#options = options
  }

  readonly getFinding = (): Finding => this.#finding

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Whether what is not loaded can be searched too; regular expressions stay with the screen. */
  canSearchRest(options: FindOptions): boolean {
    const { earlierBytes, laterBytes } = this.#options.reader.getView()
    return this.#options.whole !== null && !options.regex && earlierBytes + laterBytes > 0
  }

  /** The text that is being typed, in the loaded part. */
  type(text: string, options: FindOptions): void {
    this.#abort()
    if (text === '') {
      this.clear()
      return
    }
    this.#tell({ rest: 'unknown' })
    this.#options.terminal.find(text, options, 'next', this.#options.colors())
  }

  /** To the next or previous match; beyond the loaded part where there is more. */
  go(text: string, options: FindOptions, direction: FindDirection): void {
    if (text === '') return
    this.#abort()
    const { terminal, colors } = this.#options
    const found = terminal.find(text, { ...options, incremental: false }, direction, colors())
    if (found !== 'moved' && this.canSearchRest(options)) void this.#goBeyond(text, options, direction)
  }

  /** Looks in the part that is not loaded at once. */
  searchRest(text: string, options: FindOptions): void {
    this.#abort()
    const { laterBytes } = this.#options.reader.getView()
    void this.#goBeyond(text, options, laterBytes > 0 ? 'next' : 'previous')
  }

  clear(): void {
    this.#abort()
    this.#options.terminal.clearFind()
    this.#finding = nothing
    this.#tell({})
  }

  /** The screen's own count. */
  counted(index: number, count: number): void {
    this.#tell({ index, count })
  }

  async #goBeyond(text: string, options: FindOptions, direction: FindDirection): Promise<void> {
    const { reader, terminal, whole, colors } = this.#options
    const { signal } = this.#underWay
    const { earlierBytes: start, loadedBytes } = reader.getView()
    const end = start + loadedBytes
    const forward = direction === 'next'
    const ask = (from: number) =>
      whole?.({ text, from, direction: forward ? 'forward' : 'backward', ...options }, signal) ?? null
    this.#tell({ rest: 'searching' })
    try {
      let offset = await ask(forward ? end : start)
      // Around the end of the log and on from its other side, up to where the loaded part begins again.
      offset ??= await ask(forward ? 0 : Number.MAX_SAFE_INTEGER)
      if (signal.aborted) return
      if (offset === null || (offset >= start && offset < end)) {
        this.#tell({ rest: 'none' })
        return
      }
      const place = offset
      reader.openAt(place, () => {
        if (signal.aborted) return
        terminal.find(text, { ...options, incremental: false }, 'next', colors(), place)
        this.#tell({ rest: 'unknown' })
      })
    } catch {
      if (!signal.aborted) this.#tell({ rest: 'failed' })
    }
  }

  #abort(): void {
    this.#underWay.abort()
    this.#underWay = new AbortController()
  }

  #tell(change: Partial<Finding>): void {
    this.#finding = { ...this.#finding, ...change }
    for (const listener of this.#listeners) listener()
  }
}
