/** Results of searches in the files of a sandbox, which end early rather than late. */
import type { FileMatch } from '@/lib/process-api/files'

export interface SearchResult<Item> {
  items: Item[]
  /** Why the search ended before it had looked everywhere; null if it is complete. */
  ended: 'time' | 'size' | null
}

export type NameResult = SearchResult<string>
export type ContentResult = SearchResult<FileMatch>
