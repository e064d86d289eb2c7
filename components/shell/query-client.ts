import { QueryCache, QueryClient } from '@tanstack/react-query'
import { toCallFailure } from '@/lib/queries/call-failure'

/** Whether asking again can help: no answer, or a part behind the console that was away for a moment. */
function mayPass(error: Error): boolean {
  return [0, 502, 503, 504].includes(toCallFailure(error).status)
}

/**
 * The browser's cache. Live events keep it fresh, so a read is trusted for a while; coming back to the tab reads again.
 * An answer "not signed in" leads to the sign-in page, wherever it came up.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        gcTime: 10 * 60_000,
        retry: (failures, error) => failures < 2 && mayPass(error),
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
