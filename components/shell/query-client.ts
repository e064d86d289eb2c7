import { QueryCache, QueryClient } from '@tanstack/react-query'
import { toCallFailure } from '@/lib/queries/call-failure'

/** Whether a retry can help: no response, or a service behind the console that was unreachable. */
function isTransient(error: Error): boolean {
  return [0, 502, 503, 504].includes(toCallFailure(error).status)
}

/**
 * The browser's query cache. Live events keep it fresh, so reads stay fresh for a while; returning to the tab refetches.
 * Any UNAUTHORIZED response leads to the sign-in page.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        gcTime: 10 * 60_000,
        retry: (failures, error) => failures < 2 && isTransient(error),
        retryDelay: (attempt) => 400 * 2 ** attempt,
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
    queryCache: new QueryCache({
      onError(error) {
        if (toCallFailure(error).code !== 'UNAUTHORIZED') return
        if (location.pathname === '/sign-in') return
        location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`)
      },
    }),
  })
}
