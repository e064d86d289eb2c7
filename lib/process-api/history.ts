/**
 * The history of the console: what ran in the sandboxes of a target, stored by the console itself, so that it is still
 * there when the sandbox was deleted. The server returns these forms; pages show them.
 */
import { z } from 'zod'
import { type EndReason, type ExecutionState, executionStateSchema } from './execution'
import { historyIdPattern } from './id-pattern'
import { sandboxIdSchema } from './ids'

/** `command`: of a session. `run`: a code run or one-shot command. `cell`: a run of an interpreter context. */
export type HistoryKind = 'run' | 'command' | 'cell'

/** Identifies an execution. `parentId` is the session of a command and the context of a cell; empty for a run. */
export interface HistoryKey {
  target: string
  sandboxId: string
  kind: HistoryKind
  parentId: string
  executionId: string
}

export interface HistoryEntry extends HistoryKey {
  /** The number of the entry in the history. */
  id: number
  sandboxName: string
  labels: Readonly<Record<string, string>>
  /** Whether the target no longer has the sandbox. */
  sandboxDeleted: boolean
  /** Whether the target no longer has the execution; its output is then only what the history stored. */
  removed: boolean
  /** The first line that is not blank, at most 200 characters. */
  title: string
  /** `python`, `javascript`, `typescript` or `shell`; null if unknown. */
  language: string | null
  /** `api`: started by an SDK. */
  origin: string | null
  state: ExecutionState
  exitCode: number | null
  signal: string | null
  reason: EndReason | null
  message: string | null
  timeoutSeconds: number | null
  /** ISO 8601. When it was queued; where the target has no times, when the console first saw it. */
  at: string
  startedAt: string | null
  endedAt: string | null
  durationMs: number | null
  outputBytes: number
  stderrBytes: number
  /** The end of what it printed to stderr, at most `maxListedStderr` characters. */
  stderrEnd: string
  pinned: boolean
  /** A name that a person gave it; empty if none. */
  name: string
  tags: readonly string[]
  /** Equal for entries that ran the same text in the same language; of long texts, only the beginning is compared. */
  group: string
}

export interface HistoryDetail extends HistoryEntry {
  /** The code or command. */
  text: string
  /** True if only the beginning of the text was stored. */
  textTruncated: boolean
  /** Names of the environment variables of this execution. Values are never stored. */
  envNames: readonly string[]
  argv: readonly string[]
  cwd: string | null
  /** The end of the output, both streams as they were printed; null if it was not read. */
  outputEnd: string | null
}

/** Executions with the same text. */
export interface HistoryGroup {
  count: number
  failed: number
  /** The newest one. */
  last: HistoryEntry
}

export interface HistoryPage {
  entries: readonly HistoryEntry[]
  /** Position of the next page; null on the last one. */
  next: string | null
}

export interface HistoryGroupPage {
  groups: readonly HistoryGroup[]
  next: string | null
}

/** What a read returns while the history cannot be used: one sentence that says why. */
export interface HistoryUnavailable {
  unavailable: string
}

/** Limits of what is stored of one execution, in characters. */
export const maxStoredText = 64 * 1024
export const maxStoredOutput = 4 * 1024
export const maxListedStderr = 400

export const historyPageSize = 100

/** Position in the list: time in milliseconds and number of the last entry of the page before. */
export const historyCursorSchema = z
  .string()
  .regex(/^-?\d{1,16}\.\d{1,16}$/, 'a position is a time and a number')
  .transform((text) => {
    const [at, id] = text.split('.').map(Number)
    return { at: at ?? 0, id: id ?? 0 }
  })
export type HistoryCursor = z.output<typeof historyCursorSchema>

export const historyQuerySchema = z.object({
  q: z.string().max(1_000).default(''),
  sandbox: sandboxIdSchema.optional(),
  before: historyCursorSchema.optional(),
})

/** Ids of entries come back in addresses. */
export const historyIdSchema = z.string().regex(historyIdPattern, 'the number of an entry is a positive whole number')

export const historyNoteSchema = z.object({
  pinned: z.boolean().optional(),
  name: z.string().trim().max(100).optional(),
  tags: z
    .array(
      z
        .string()
        .trim()
        .regex(/^[^\s,"]{1,40}$/, 'a tag has 1 to 40 characters and no spaces, commas or quotation marks'),
    )
    .max(20)
    .optional(),
})
export type HistoryNote = z.infer<typeof historyNoteSchema>

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
        const state = executionStateSchema.safeParse(stateWords[value] ?? value)
        if (state.success) filter.states.push(state.data)
        else filter.problems.push(`“${value}” is not a state. States are ${executionStateSchema.options.join(', ')}.`)
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
