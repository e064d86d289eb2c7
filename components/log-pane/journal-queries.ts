/** Queries about a journal that the target answers without sending the journal: search, and conversion of offsets. */
import type { JournalStream } from '@/lib/process-api/extensions'
import { readJson } from '@/lib/queries/read'
import type { JournalSearchQuery } from './log-search'
import type { StreamFilter } from './reader-view'

export interface JournalQueries {
  /** Offset of the next match; null for none. */
  search(query: JournalSearchQuery, stream: JournalStream | null, signal: AbortSignal): Promise<number | null>
  /** Convert an offset from one filter to another. */
  convertOffset(offset: number, from: StreamFilter, to: StreamFilter): Promise<number | null>
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
