import 'server-only'
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'

export const personId = z.string().regex(/^[A-Za-z0-9_-]{16}$/, 'this is not the id of a person')
export const personName = z.string().trim().min(1, 'enter a name').max(80)
/** How long a sign-in link works. */
export const linkHours = z.number().int().min(1).max(168)

/** The value of a change of people. Throws ApiError CONFLICT with the sentence if it was refused. */
export function accepted<Value extends object | null>(result: Value | { refused: string }): Value {
  if (result !== null && 'refused' in result) throw new ApiError('CONFLICT', result.refused)
  return result
}
