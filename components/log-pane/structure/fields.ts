/** Parsed rows and the columns that they offer. */
import { withoutAnsi } from '@/components/ui/ansi-spans'
import type { LineRow } from '../lines/line-model'
import { type ParsedLine, parseLine } from './parse-line'

interface CachedLine {
  version: number
  text: string
  line: ParsedLine
}

/** Rows are parsed once, and again only when their text has changed. */
const cache = new WeakMap<LineRow, CachedLine>()

export function parsedRow(row: LineRow): CachedLine {
  const known = cache.get(row)
  if (known?.version === row.version) return known
  const text = withoutAnsi(row.text)
  const parsed = { version: row.version, text, line: parseLine(text) }
  cache.set(row, parsed)
  return parsed
}

/** Rows whose fields are offered as columns: the newest ones. */
const sampledRows = 500
const maxOfferedFields = 40

/** Names of fields, the most frequent first. */
export function fieldNames(rows: readonly LineRow[]): string[] {
  const counts = new Map<string, number>()
  for (const row of rows.slice(-sampledRows)) {
    for (const name of parsedRow(row).line.fields.keys()) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .slice(0, maxOfferedFields)
    .map(([name]) => name)
}
