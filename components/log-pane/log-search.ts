/**
 * Find in a log: in the loaded part by the terminal, then in the rest of the journal by the engine, which returns the
 * offset of the next match. The part around that match is opened.
 */
import type { JournalReader } from './journal-reader'
import type { LogTerminal } from './log-terminal'
import type { FindOptions, MatchColors } from './terminal-find'

export type FindDirection = 'next' | 'previous'

export interface Finding {
  /** Index of the current match in the loaded part, from 0; -1 where there are too many matches. */
  index: number
  count: number
  /** The search in the part that is not loaded: not started, in progress, without a match, or failed. */
  rest: 'unknown' | 'searching' | 'none' | 'failed'
}

/** A search by the engine. Offsets are those of the current filter. */
export interface JournalSearchQuery {
  text: string
  from: number
  direction: 'forward' | 'backward'
  regex: boolean
  caseSensitive: boolean
  wholeWord: boolean
}

interface LogSearchOptions {
  reader: JournalReader
  terminal: LogTerminal
  colors: () => MatchColors
  /** Resolves to the offset of the next match or null. Null where the target does not support search. */
  searchJournal: ((query: JournalSearchQuery, signal: AbortSignal) => Promise<number | null>) | null
  /** Whether the target searches with regular expressions, too. */
  supportsRegex: boolean
}

const initial: Finding = { index: -1, count: 0, rest: 'unknown' }

export class LogSearch {
  private readonly listeners = new Set<() => void>()
  private finding = initial
  private abort = new AbortController()
  /** A match in a part that is being opened was found. */
  private isJumping = false
  /** What the user asked for meanwhile: the next or previous match after that one. */
  private afterJump: (() => void) | null = null

  constructor(private readonly options: LogSearchOptions) {}

  readonly getFinding = (): Finding => this.finding

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Whether the part that is not loaded can be searched. */
  canSearchRest(options: FindOptions): boolean {
    const { earlierBytes, laterBytes } = this.options.reader.getView()
    return (
      this.options.searchJournal !== null &&
      (this.options.supportsRegex || !options.regex) &&
      earlierBytes + laterBytes > 0
    )
  }

  /** Find the text in the loaded part while the user types it. */
  type(text: string, options: FindOptions): void {
    this.cancel()
    if (text === '') {
      this.clear()
      return
    }
    this.update({ rest: 'unknown' })
    this.options.terminal.find(text, options, 'next', this.options.colors())
  }

  /** Go to the next or previous match, also outside of the loaded part. */
  go(text: string, options: FindOptions, direction: FindDirection): void {
    if (text === '') return
    const { reader, terminal, colors } = this.options
    if (this.isJumping && reader.isSeeking) {
      this.afterJump = () => this.go(text, options, direction)
      return
    }
    this.cancel()
    // xterm may have lost the selection of the match, and then finds the same one again.
    const wasTheOnlyOne = this.finding.count === 1 && this.finding.index === 0
    const found = terminal.find(text, { ...options, incremental: false }, direction, colors())
    if ((found !== 'moved' || wasTheOnlyOne) && this.canSearchRest(options))
      void this.searchOutside(text, options, direction)
  }

  /** Search the part that is not loaded. */
  searchRest(text: string, options: FindOptions): void {
    this.cancel()
    const { laterBytes } = this.options.reader.getView()
    void this.searchOutside(text, options, laterBytes > 0 ? 'next' : 'previous')
  }

  clear(): void {
    this.cancel()
    this.options.terminal.clearFind()
    this.finding = initial
    this.update({})
  }

  /** The terminal has counted the matches in the loaded part. */
  setMatches(index: number, count: number): void {
    this.update({ index, count })
  }

  private async searchOutside(text: string, options: FindOptions, direction: FindDirection): Promise<void> {
    const { reader, terminal, searchJournal, colors } = this.options
    const { signal } = this.abort
    const { earlierBytes: start, loadedBytes } = reader.getView()
    const end = start + loadedBytes
    const forward = direction === 'next'
    const searchFrom = (from: number) =>
      searchJournal?.({ text, from, direction: forward ? 'forward' : 'backward', ...options }, signal) ?? null
    this.update({ rest: 'searching' })
    try {
      let offset = await searchFrom(forward ? end : start)
      // Continue at the other end of the log, up to the loaded part.
      offset ??= await searchFrom(forward ? 0 : Number.MAX_SAFE_INTEGER)
      if (signal.aborted) return
      if (offset === null || (offset >= start && offset < end)) {
        this.update({ rest: 'none' })
        return
      }
      const match = offset
      this.isJumping = true
      reader.openAt(match, () => {
        if (signal.aborted) return
        terminal.find(text, { ...options, incremental: false }, 'next', colors(), match)
        this.update({ rest: 'unknown' })
        const next = this.afterJump
        this.endJump()
        next?.()
      })
    } catch {
      if (!signal.aborted) this.update({ rest: 'failed' })
    }
  }

  private endJump(): void {
    this.isJumping = false
    this.afterJump = null
  }

  private cancel(): void {
    this.endJump()
    this.abort.abort()
    this.abort = new AbortController()
  }

  private update(change: Partial<Finding>): void {
    this.finding = { ...this.finding, ...change }
    for (const listener of this.listeners) listener()
  }
}
