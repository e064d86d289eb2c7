/** Queries of the control plane. Empty values count as not given: clients send them for what they do not use. */
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'

/** Check a query in which a key that the schema has as a list may be repeated. Throws 400 naming what is wrong. */
export function parseRepeatedQuery<Schema extends z.ZodObject>(
  search: URLSearchParams,
  schema: Schema,
): z.output<Schema> {
  const values: Record<string, unknown> = {}
  for (const key of new Set(search.keys())) {
    const given = search.getAll(key).filter((value) => value !== '')
    if (given.length === 0) continue
    values[key] = isList(schema.shape[key]) ? given : given.at(-1)
  }
  const parsed = schema.safeParse(values)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new ApiError('BAD_REQUEST', `${issue?.path.join('.') ?? 'query'}: ${issue?.message ?? 'not valid'}`)
}

function isList(schema: unknown): boolean {
  if (schema instanceof z.ZodDefault) return isList(schema.unwrap())
  return schema instanceof z.ZodArray
}
