/** Counts the matching lines of a whole journal while the criteria change; only the newest criteria are counted. */
import { CallFailure } from '@/lib/queries/call-failure'
import type { LineCriteria, MatchQueries } from './match-queries'
import type { StreamFilter } from './reader-view'

export interface WholeCount {
  phase: 'idle' | 'searching' | 'done' | 'failed'
  lines: number
  searched: number
  size: number
  /** Matching lines in each part of the same size; empty until the search has finished. */
  buckets: readonly number[]
  /** False if the search stopped at its time limit. */
  complete: boolean
  /** Why the search failed. */
  message: string | null
}

const idle: WholeCount = {
  phase: 'idle',
  lines: 0,
  searched: 0,
  size: 0,
  buckets: [],
  complete: true,
  message: null,
}
/** A search starts when nothing was typed for this time. */
const typingPauseMs = 250

export class WholeCounter {
  private readonly listeners = new Set<() => void>()
  private current = idle
  private abort = new AbortController()
  private timer: ReturnType<typeof setTimeout> | null = null

  constructor(private readonly queries: MatchQueries) {}

  readonly get = (): WholeCount => this.current

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Count the lines with these criteria, after a short pause. */
  start(criteria: LineCriteria, filter: StreamFilter): void {
    this.stop()
    const { signal } = this.abort
    this.update({ ...idle, phase: 'searching' })
    this.timer = setTimeout(() => void this.run(criteria, filter, signal), typingPauseMs)
  }

  clear(): void {
    this.stop()
    this.update(idle)
  }

  private stop(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.abort.abort()
    this.abort = new AbortController()
  }

  private async run(criteria: LineCriteria, filter: StreamFilter, signal: AbortSignal): Promise<void> {
    try {
      for await (const message of this.queries.count(criteria, filter, signal)) {
        if (signal.aborted) return
        if (message.type === 'hits') continue
        const { lines, searched, size } = message
        if (message.type === 'progress') this.update({ ...this.current, lines, searched, size })
        else {
          const { buckets, complete } = message
          this.update({ phase: 'done', lines, searched, size, buckets, complete, message: null })
        }
      }
      if (!signal.aborted && this.current.phase === 'searching') throw new Error('the response ended early')
    } catch (error) {
      if (signal.aborted) return
      const message = error instanceof CallFailure ? error.message : 'The search was interrupted.'
      this.update({ ...this.current, phase: 'failed', message })
    }
  }

  private update(count: WholeCount): void {
    this.current = count
    for (const listener of this.listeners) listener()
  }
}
