/** Query options for the people of the console. */
import { queryOptions } from '@tanstack/react-query'
import type { Person } from '@/lib/process-api/people'
import { queryKeys } from './query-keys'
import { readJson, targetPath } from './read'

export function peopleQuery(target: string) {
  return queryOptions({
    queryKey: queryKeys.people(target),
    queryFn: ({ signal }) => readJson<Person[]>(targetPath(target, 'people'), signal),
    staleTime: 0,
  })
}
