/** Addresses of calls: paths and queries in which every value is encoded, so that an id can never add a segment. */
import { ApiError } from '../errors'

/** The path of an operation with its parameters filled in. Throws `BAD_REQUEST` for an id that cannot be sent. */
export function pathOf(path: string, params: Readonly<Record<string, unknown>>): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeSegment(String(params[name] ?? '')))
}

/** One segment of a path. */
export function encodeSegment(value: string): string {
  if (value === '' || value === '.' || value === '..') {
    throw new ApiError('BAD_REQUEST', 'An id in this address is empty or made of dots only.')
  }
  return encodeURIComponent(value)
}

/** The query with its question mark, or nothing where no value is given. */
export function queryText(values: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] satisfies [string, string]],
  )
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
}
