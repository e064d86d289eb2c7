/** Searches of a whole journal, line by line, by the target. */

import type { MatchesMessage, MatchingLines } from '@/lib/process-api/journal-matches'
import type { LogLevel } from '@/lib/process-api/log-levels'
import { readJson, toFailure } from '@/lib/queries/read'
import type { StreamFilter } from './reader-view'

/** What a line must have to match. */
export interface LineCriteria {
  text: string
  regex: boolean
  caseSensitive: boolean
  wholeWord: boolean
  level: LogLevel | null
  /** ms since epoch. */
  since: number | null
  until: number | null
}

export interface MatchQueries {
  /** Counts and positions while they are found. Breaking off the loop cancels the search. */
  count(criteria: LineCriteria, filter: StreamFilter, signal: AbortSignal): AsyncGenerator<MatchesMessage>
  next(
    criteria: LineCriteria,
    filter: StreamFilter,
    from: number,
    direction: 'forward' | 'backward',
    signal: AbortSignal,
  ): Promise<number | null>
  /** A page of matching lines from an offset on. */
  lines(
    criteria: LineCriteria,
    filter: StreamFilter,
    context: number,
    from: number | null,
    signal: AbortSignal,
  ): Promise<MatchingLines>
  downloadUrl(criteria: LineCriteria, filter: StreamFilter, context: number): string
}

/** A search reads up to a gigabyte. The limit is a little longer than the console's own. */
const searchTimeoutMs = 65_000

/** @param path of the journal's read routes, without a slash at its end */
export function matchQueries(path: string): MatchQueries {
  const address = (route: string, criteria: LineCriteria, filter: StreamFilter, more: Record<string, string> = {}) =>
    `${path}/${route}?${new URLSearchParams({ ...criteriaQuery(criteria, filter), ...more })}`
  return {
    count: (criteria, filter, signal) => readMessages(address('matches', criteria, filter), signal),
    async next(criteria, filter, from, direction, signal) {
      const url = address('next', criteria, filter, { from: String(from), direction })
      return (await readJson<{ offset: number | null }>(url, signal, searchTimeoutMs)).offset
    },
    lines: (criteria, filter, context, from, signal) => {
      const page = { context: String(context), ...(from === null ? {} : { from: String(from) }) }
      return readJson<MatchingLines>(address('lines', criteria, filter, page), signal, searchTimeoutMs)
    },
    downloadUrl: (criteria, filter, context) => address('filtered', criteria, filter, { context: String(context) }),
  }
}

function criteriaQuery(criteria: LineCriteria, filter: StreamFilter): Record<string, string> {
  const { text, regex, caseSensitive, wholeWord, level, since, until } = criteria
  const flag = (value: boolean) => (value ? '1' : '0')
  return {
    text,
    regex: flag(regex),
    case: flag(caseSensitive),
    word: flag(wholeWord),
    ...(level === null ? {} : { level }),
    ...(since === null ? {} : { since: String(since) }),
    ...(until === null ? {} : { until: String(until) }),
    ...(filter === 'both' ? {} : { stream: filter }),
  }
}

async function* readMessages(url: string, signal: AbortSignal): AsyncGenerator<MatchesMessage> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw await toFailure(response)
  if (!response.body) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const lines = (rest + value).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield JSON.parse(line) as MatchesMessage
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
