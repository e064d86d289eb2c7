/** The filter of structured rows: `level>=warn status=5* path!=/health text`, of which all terms must hold. */
import type { ParsedLine } from './parse-line'

const levels: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

interface Term {
  /** Null for words that the line must contain. */
  field: string | null
  operator: '=' | '!=' | '>=' | '<=' | '>' | '<'
  value: string
}

export type LineFilter = (line: ParsedLine, text: string) => boolean

/**
 * Parses a filter. A value may end in `*`, which stands for any text, and may be quoted. `level` compares by severity,
 * numbers compare as numbers; case does not matter.
 */
export function parseFilter(source: string): LineFilter {
  const terms = [...source.matchAll(/(?:[^\s"]|"[^"]*"?)+/g)].map(([term]) => parseTerm(term))
  return (line, text) => terms.every((term) => holds(term, line, text))
}

function parseTerm(term: string): Term {
  const [, field, operator, value = ''] = /^([\w.@/-]+)(!=|>=|<=|=|>|<)(.*)$/.exec(term) ?? []
  if (field === undefined || operator === undefined) return { field: null, operator: '=', value: unquoted(term) }
  return { field: field.toLowerCase(), operator: operator as Term['operator'], value: unquoted(value) }
}

function unquoted(text: string): string {
  return text.replaceAll('"', '').toLowerCase()
}

function holds({ field, operator, value }: Term, line: ParsedLine, text: string): boolean {
  if (field === null) return text.toLowerCase().includes(value)
  const level = levels.indexOf(value)
  if (field === 'level' && level !== -1)
    return line.level !== null && compares(levels.indexOf(line.level), operator, level)
  const actual = fieldValue(line, field)
  if (actual === null) return operator === '!='
  if (operator === '=') return matches(actual, value)
  if (operator === '!=') return !matches(actual, value)
  const [one, other] = [Number(actual), Number(value)]
  return value !== '' && compares(one, operator, other)
}

function fieldValue(line: ParsedLine, field: string): string | null {
  for (const [key, value] of line.fields) if (key.toLowerCase() === field) return value.toLowerCase()
  return null
}

function matches(actual: string, value: string): boolean {
  return value.endsWith('*') ? actual.startsWith(value.slice(0, -1)) : actual === value
}

/** False where one of them is not a number. */
function compares(one: number, operator: Term['operator'], other: number): boolean {
  switch (operator) {
    case '=':
      return one === other
    case '!=':
      return one !== other
    case '>=':
      return one >= other
    case '<=':
      return one <= other
    case '>':
      return one > other
    case '<':
      return one < other
    default:
      return operator satisfies never
  }
}
