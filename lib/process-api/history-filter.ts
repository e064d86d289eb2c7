/** The filter of the history: its text, and what it means. */
import type { ExecutionState } from './execution'
import { executionStates } from './execution-states'
import { parseTime, splitTerms } from './filter-terms'
import type { HistoryKind } from './history'

/** A filter of the history, as people type it: words and terms such as `state:failed`. All must match. */
export interface HistoryFilter {
  words: readonly string[]
  states: readonly ExecutionState[]
  exitCodes: readonly number[]
  languages: readonly string[]
  kinds: readonly HistoryKind[]
  /** Parts of names, or the beginning of ids. */
  sandboxes: readonly string[]
  /** `key=value` or the beginning of it. */
  labels: readonly string[]
  tags: readonly string[]
  pinned: boolean
  /** Milliseconds since 1970; null if open. */
  since: number | null
  until: number | null
  /** Terms that were not understood, each with its reason. */
  problems: readonly string[]
}

const stateWords: Readonly<Record<string, ExecutionState>> = {
  ok: 'succeeded',
  timeout: 'timed-out',
  unknown: 'lost',
}
const kinds: readonly HistoryKind[] = ['run', 'command', 'cell']

/**
 * Parses the text of the filter. Terms are separated by spaces; quotation marks hold words together.
 * @param now for times such as `since:2h`
 */
export function parseHistoryFilter(text: string, now = Date.now()): HistoryFilter {
  const filter = {
    words: [] as string[],
    states: [] as ExecutionState[],
    exitCodes: [] as number[],
    languages: [] as string[],
    kinds: [] as HistoryKind[],
    sandboxes: [] as string[],
    labels: [] as string[],
    tags: [] as string[],
    pinned: false,
    since: null as number | null,
    until: null as number | null,
    problems: [] as string[],
  }
  for (const term of splitTerms(text)) {
    const [, name = '', value = ''] = /^([a-z]+):(.+)$/s.exec(term) ?? []
    switch (name) {
      case 'state': {
        const state = executionStates.find((it) => it === (stateWords[value] ?? value))
        if (state) filter.states.push(state)
        else filter.problems.push(`“${value}” is not a state. States are ${executionStates.join(', ')}.`)
        break
      }
      case 'exit':
        if (/^\d{1,10}$/.test(value)) filter.exitCodes.push(Number(value))
        else filter.problems.push(`“${value}” is not an exit code.`)
        break
      case 'language':
        filter.languages.push(value.toLowerCase())
        break
      case 'kind': {
        const kind = kinds.find((it) => it === value)
        if (kind) filter.kinds.push(kind)
        else filter.problems.push(`“${value}” is not a kind. Kinds are ${kinds.join(', ')}.`)
        break
      }
      case 'sandbox':
        filter.sandboxes.push(value)
        break
      case 'label':
        filter.labels.push(value)
        break
      case 'tag':
        filter.tags.push(value)
        break
      case 'is':
        if (value === 'pinned') filter.pinned = true
        else filter.problems.push(`“is:${value}” is unknown. Use is:pinned.`)
        break
      case 'since':
      case 'until': {
        const time = parseTime(value, now)
        if (time === null) filter.problems.push(`“${value}” is not a time. Use 30m, 2h, 7d or 2026-11-30T14:00.`)
        else filter[name] = time
        break
      }
      default:
        filter.words.push(term)
    }
  }
  return filter
}
