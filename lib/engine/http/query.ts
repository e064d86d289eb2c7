import type { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'

/** Validate the query of a request. Throws a 400 that names the first invalid parameter. */
export function parseQuery<Schema extends z.ZodType>(query: URLSearchParams, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(Object.fromEntries(query))
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new ApiError('BAD_REQUEST', `invalid query: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`)
}
