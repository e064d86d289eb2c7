'use client'
import { useQueries } from '@tanstack/react-query'
import { useTarget } from '@/components/target/target-provider'
import { toCallFailure } from '@/lib/queries/call-failure'
import { folderQuery } from '@/lib/queries/file-reads'
import type { FolderState } from './tree-rows'

/** The entries of these folders, read when a folder is opened and again now and then. */
export function useFolders(
  sandboxId: string,
  paths: readonly string[],
  enabled: boolean,
): ReadonlyMap<string, FolderState> {
  const target = useTarget()
  const results = useQueries({ queries: paths.map((path) => ({ ...folderQuery(target, sandboxId, path), enabled })) })
  return new Map(
    results.map(({ data, error }, index) => {
      const failure = error ? toCallFailure(error) : null
      // A folder that was deleted must not be shown with its old entries; a slow target keeps them.
      const gone = failure !== null && failure.status >= 400 && failure.status < 500
      const state: FolderState = {
        ...(data && !gone ? { entries: data } : {}),
        ...(failure ? { error: failure.message } : {}),
      }
      return [paths[index] ?? '', state]
    }),
  )
}
