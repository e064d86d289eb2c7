/**
 * Queries about a journal that the target answers without sending the journal: search, conversion of offsets, line
 * numbers.
 */
import type { JournalRef } from '@/lib/live/protocol'
import type { JournalStream } from '@/lib/process-api/extensions'
import type { JournalOverview, LineLocation } from '@/lib/process-api/journal-lines'
import { readJson, targetPath } from '@/lib/queries/read'
import type { JournalSearchQuery } from './log-search'
import type { StreamFilter } from './reader-view'

export interface JournalQueries {
  /** Offset of the next match; null for none. */
  search(query: JournalSearchQuery, stream: JournalStream | null, signal: AbortSignal): Promise<number | null>
  /** Convert an offset from one filter to another. */
  convertOffset(offset: number, from: StreamFilter, to: StreamFilter): Promise<number | null>
}

/** What to locate: a line number, a time in ms since epoch, a percentage of the bytes, or an offset. */
export type Location = { line: number } | { time: number } | { percent: number } | { offset: number }

/** Queries about lines, of targets that number the lines of their journals. */
export interface LineQueries {
  overview(by: 'time' | 'bytes', buckets: number, signal?: AbortSignal): Promise<JournalOverview>
  locate(location: Location, filter: StreamFilter, signal?: AbortSignal): Promise<LineLocation>
}

/** A missing line index is built first. */
const indexTimeoutMs = 32_000

/** @param path of the journal's read routes, without a slash at its end */
export function lineQueries(path: string): LineQueries {
  const read = <Result>(route: string, query: Record<string, string | number>, signal?: AbortSignal) => {
    const text = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])
    return readJson<Result>(`${path}/${route}?${new URLSearchParams(text)}`, signal, indexTimeoutMs)
  }
  return {
    overview: (by, buckets, signal) => read('overview', { by, buckets }, signal),
    locate: (location, filter, signal) =>
      read('locate', { ...location, ...(filter === 'both' ? {} : { stream: filter }) }, signal),
  }
}

/** A search reads up to a gigabyte. The limit is a little longer than the console's own. */
const searchTimeoutMs = 65_000

/** @param path of the journal's read routes, without a slash at its end */
export function journalQueries(path: string): JournalQueries {
  const request = async (route: string, query: Record<string, string>, signal?: AbortSignal, timeoutMs?: number) => {
    const url = `${path}/${route}?${new URLSearchParams(query)}`
    const { offset } = await readJson<{ offset: number | null }>(url, signal, timeoutMs)
    return offset
  }
  const place = (of: 'journal' | 'stream', stream: JournalStream, offset: number) =>
    request('place', { of, stream, offset: String(offset) })
  return {
    search: ({ text, from, direction, caseSensitive, wholeWord }, stream, signal) =>
      request(
        'search',
        {
          text,
          direction,
          from: String(from),
          case: caseSensitive ? '1' : '0',
          word: wholeWord ? '1' : '0',
          ...(stream === null ? {} : { stream }),
        },
        signal,
        searchTimeoutMs,
      ),
    async convertOffset(offset, from, to) {
      const journalOffset = from === 'both' ? offset : await place('stream', from, offset)
      return to === 'both' || journalOffset === null ? journalOffset : await place('journal', to, journalOffset)
    },
  }
}

/** Path of a journal's read routes, without a slash at its end. */
export function journalPath(target: string, journal: JournalRef): string {
  const execution =
    journal.kind === 'run'
      ? targetPath(target, 'sandboxes', journal.sandboxId, 'runs', journal.runId)
      : targetPath(target, 'sandboxes', journal.sandboxId, 'sessions', journal.sessionId, 'commands', journal.commandId)
  return `${execution}/journal`
}
