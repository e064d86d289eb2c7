/** The people of the console for their read route. */
import 'server-only'
import { people } from '@/lib/auth/people'
import { ApiError } from '@/lib/process-api/errors'
import type { Person } from '@/lib/process-api/people'

/** @throws ApiError SERVICE_UNAVAILABLE with the reason if they cannot be read */
export function readPeople(): Person[] {
  const listed = people().list()
  if ('refused' in listed) throw new ApiError('SERVICE_UNAVAILABLE', listed.refused)
  return listed
}
