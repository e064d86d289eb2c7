/** Turns the reason why there is no history into an error. */
import { ApiError } from '@/lib/process-api/errors'

/** @throws ApiError SERVICE_UNAVAILABLE with the reason */
export function available<Result extends object>(result: Result | { unavailable: string }): Result {
  if ('unavailable' in result && typeof result.unavailable === 'string') {
    throw new ApiError('SERVICE_UNAVAILABLE', result.unavailable)
  }
  return result as Result
}
