/** What one search may take of its process: a share of the thread, of the places and of the time. */
import { setImmediate as pause } from 'node:timers/promises'
import { ApiError } from '@/lib/process-api/errors'

/** Searches at a time. A process serves one sandbox that runs, or all that are stopped. */
export const maxSearches = 8
/** The thread is given up after this time. */
const sliceMs = 4

let searches = 0

/** Whom a search is for, and how long it may take. */
export interface SearchOptions {
  clientHasLeft(): boolean
  timeoutMs: number
}

export class SearchTurn {
  private readonly began = performance.now()
  private sliceBegan = this.began

  constructor(private readonly options: SearchOptions) {}

  /**
   * Called after each piece of work: lets others use the thread when its share is used up. Resolves with false once the
   * client has left; rejects with a 408 when the time is over.
   */
  async goesOn(): Promise<boolean> {
    const now = performance.now()
    if (now - this.sliceBegan >= sliceMs) {
      await pause()
      this.sliceBegan = performance.now()
    }
    const { timeoutMs } = this.options
    if (now - this.began >= timeoutMs) {
      const sentence = `the search did not end within ${timeoutMs / 1000} seconds; search a smaller part`
      throw new ApiError('REQUEST_TIMEOUT', sentence, { timeoutMs })
    }
    return !this.options.clientHasLeft()
  }
}

/** Throws a 429 where as many searches are under way as may be. */
export async function withSearchTurn<Result>(
  options: SearchOptions,
  search: (turn: SearchTurn) => Promise<Result>,
): Promise<Result> {
  if (searches >= maxSearches) {
    const sentence = `${maxSearches} searches are under way, which is the limit; try again when one has ended`
    throw new ApiError('TOO_MANY_REQUESTS', sentence, { limit: maxSearches })
  }
  searches += 1
  try {
    return await search(new SearchTurn(options))
  } finally {
    searches -= 1
  }
}
