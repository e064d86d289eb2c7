/** Questions about a journal that its target answers without sending it: where a text is, where a byte of a stream is. */

import type { JournalStream } from '@/lib/process-api/extensions'
import { readJson } from '@/lib/queries/read'
import type { StreamFilter } from './journal-reader'
import type { WholeSearch } from './log-search'

export interface JournalPlaces {
  search(asked: WholeSearch, stream: JournalStream | null, signal: AbortSignal): Promise<number | null>
  place(offset: number, from: StreamFilter, to: StreamFilter): Promise<number | null>
}

/** A search reads up to a gigabyte; longer than the console waits for it, nobody does. */
const searchMs = 65_000

/** @param path of the journal's read routes, without a slash at its end */
export function journalPlaces(path: string): JournalPlaces {
  const ask = async (
    route: string,
    query: Record<string, string>,
    signal?: AbortSignal,
    shutdownTimeoutMs?: number,
  ) => {
    const { offset } = await readJson<{ offset: number | null }>(
      `${path}/${route}?${new URLSearchParams(query)}`,
      signal,
      shutdownTimeoutMs,
    )
    return offset
  }
  const placeOf = (of: 'journal' | 'stream', stream: JournalStream, offset: number) =>
    ask('place', { of, stream, offset: String(offset) })
  return {
    search: ({ text, from, direction, caseSensitive, wholeWord }, stream, signal) =>
      ask(
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
        searchMs,
      ),
    async place(offset, from, to) {
      const whole = from === 'both' ? offset : await placeOf('stream', from, offset)
      return to === 'both' || whole === null ? whole : await placeOf('journal', to, whole)
    },
  }
}
