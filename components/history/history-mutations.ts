'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTarget } from '@/components/target/target-provider'
import { annotateEntry } from '@/lib/actions/history/annotate'
import { removeEntry } from '@/lib/actions/history/remove'
import { startRun } from '@/lib/actions/run/start'
import type { StartRunRequest } from '@/lib/process-api/extensions'
import type { HistoryNote } from '@/lib/process-api/history-schemas'
import { queryKeys } from '@/lib/queries/query-keys'
import { unwrapAction } from '@/lib/queries/unwrap-action'

/** Pins, names or tags an entry. */
export function useAnnotateEntry(entryId: number) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (note: HistoryNote) => unwrapAction(annotateEntry({ target, entryId, note })),
    onSuccess: () => cache.invalidateQueries({ queryKey: queryKeys.history(target) }),
  })
}

export function useRemoveEntry(entryId: number) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: () => unwrapAction(removeEntry({ target, entryId })),
    onSuccess: () => cache.invalidateQueries({ queryKey: [...queryKeys.history(target), 'page'] }),
  })
}

/** Starts the text of an entry again in a sandbox and resolves with the id of the run. */
export function useRunAgain(sandboxId: string) {
  const target = useTarget()
  return useMutation({
    mutationFn: (request: StartRunRequest) => unwrapAction(startRun({ target, sandboxId, request })),
  })
}
