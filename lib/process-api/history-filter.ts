/** The filter of the history: its text, and what it means. */
import type { ExecutionState } from './execution'
import { executionStates } from './execution-states'
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

/** Words and terms of a filter; quotation marks are removed, and what they enclose is not split. */
function splitTerms(text: string): string[] {
  // A database ends texts at a NUL.
  const terms = text.replaceAll('\0', ' ').match(/(?:[^\s"]|"[^"]*(?:"|$))+/g) ?? []
  return terms.map((term) => term.replaceAll('"', '')).filter(Boolean)
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

function parseTime(text: string, now: number): number | null {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  if (count !== undefined) return now - Number(count) * (unitMs[unit] ?? 0)
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return null
  const time = Date.parse(text)
  return Number.isNaN(time) ? null : time
}

/** The filter text without the terms of one name, and with this one instead if it is not empty. */
export function withTerm(text: string, name: string, value: string): string {
  const terms = (text.match(/(?:[^\s"]|"[^"]*(?:"|$))+/g) ?? []).filter((term) => !term.startsWith(`${name}:`))
  return [...terms, ...(value === '' ? [] : [`${name}:${/\s/.test(value) ? `"${value}"` : value}`])].join(' ')
}

/** The value of the first term of this name; empty if there is none. */
export function termOf(text: string, name: string): string {
  return (
    splitTerms(text)
      .find((term) => term.startsWith(`${name}:`))
      ?.slice(name.length + 1) ?? ''
  )
}
