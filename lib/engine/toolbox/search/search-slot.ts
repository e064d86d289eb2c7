/** Limits searches: how many run at the same time, how long one takes, and how long it blocks the event loop. */
import { setImmediate as pause } from 'node:timers/promises'
import { ApiError } from '@/lib/process-api/errors'

/** Concurrent searches per process. A process serves one running sandbox, or all stopped ones. */
export const maxSearches = 8
/** A search yields to the event loop after this time. */
const sliceMs = 4

let activeSearches = 0

/** Whether the client of a search is still connected, and how long the search may take. */
export interface SearchOptions {
  isClientDisconnected(): boolean
  timeoutMs: number
}

export class SearchSlot {
  private readonly startedAt = performance.now()
  private sliceStartedAt = this.startedAt

  constructor(private readonly options: SearchOptions) {}

  /**
   * Call after each unit of work. Yields to the event loop if the time slice is used up. Resolves with false once the
   * client has disconnected; rejects with a 408 when the time limit is reached.
   */
  async mayContinue(): Promise<boolean> {
    const now = performance.now()
    if (now - this.sliceStartedAt >= sliceMs) {
      await pause()
      this.sliceStartedAt = performance.now()
    }
    const { timeoutMs } = this.options
    if (now - this.startedAt >= timeoutMs) {
      const message = `the search did not end within ${timeoutMs / 1000} seconds; search a smaller part`
      throw new ApiError('REQUEST_TIMEOUT', message, { timeoutMs })
    }
    return !this.options.isClientDisconnected()
  }
}

/** Run a search. Throws a 429 if too many searches are running. */
export async function withSearchSlot<Result>(
  options: SearchOptions,
  search: (slot: SearchSlot) => Promise<Result>,
): Promise<Result> {
  if (activeSearches >= maxSearches) {
    const message = `${maxSearches} searches are running, which is the limit; try again when one has ended`
    throw new ApiError('TOO_MANY_REQUESTS', message, { limit: maxSearches })
  }
  activeSearches += 1
  try {
    return await search(new SearchSlot(options))
  } finally {
    activeSearches -= 1
  }
}
