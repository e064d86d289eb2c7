import { ApiError } from '@/lib/process-api/errors'
import type { Operation } from '@/lib/process-api/operations/operation'

/** The error with which an operation is always refused. */
export function refusalOf({ id, refusal }: Operation): ApiError {
  if (!refusal) throw new Error(`${id} declares no refusal`)
  return new ApiError(refusal.code, refusal.message)
}
