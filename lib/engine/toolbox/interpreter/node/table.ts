/** An array of flat objects as a table, like a data frame in Python. */
import type { DataTable } from '@/lib/process-api/interpreter'

const maxRows = 1_000
const maxColumns = 200

/** Null for anything but an array of plain objects with scalar values. */
export function tableOf(value: unknown): DataTable | null {
  if (!Array.isArray(value) || value.length === 0) return null
  const part: unknown[] = value.slice(0, maxRows)
  if (!part.every(isFlat)) return null
  const names = new Set(part.flatMap((row) => Object.keys(row)))
  if (names.size === 0) return null
  const shown = [...names].slice(0, maxColumns)
  return {
    columns: shown.map((name) => ({ name, type: typeOf(part.map((row) => row[name])) })),
    index: null,
    rows: part.map((row) => shown.map((name) => cell(row[name]))),
    totalRows: value.length,
    totalColumns: names.size,
    truncated: value.length > part.length || names.size > shown.length,
  }
}

function isFlat(row: unknown): row is Record<string, unknown> {
  if (typeof row !== 'object' || row === null) return false
  const prototype = Object.getPrototypeOf(row)
  if (prototype !== null && prototype !== Object.prototype) return false
  const properties = Object.values(Object.getOwnPropertyDescriptors(row))
  return properties.every((property) => 'value' in property && isSingle(property.value))
}

function isSingle(value: unknown): boolean {
  return value === null || value instanceof Date || !['object', 'function'].includes(typeof value)
}

/** The common type of all values that are not missing. */
function typeOf(values: readonly unknown[]): string {
  const types = new Set(
    values.flatMap((value) => (value == null ? [] : [value instanceof Date ? 'date' : typeof value])),
  )
  const [only = 'undefined', ...others] = types
  return others.length > 0 ? 'mixed' : only
}

/** A JSON value: numbers that JSON cannot represent, dates and symbols become strings, missing values null. */
function cell(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : Number.isNaN(value) ? null : String(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  return String(value)
}
