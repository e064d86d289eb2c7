'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { removeDrafts } from '@/components/execution/draft'
import { useTarget } from '@/components/target/target-provider'
import { type BulkChange, type BulkResult, changeSandboxes } from '@/lib/actions/sandbox/bulk'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { toCallFailure } from '@/lib/queries/call-failure'
import { queryKeys } from '@/lib/queries/query-keys'
import { unwrapAction } from '@/lib/queries/unwrap-action'
import { useCacheSandbox } from './sandbox-mutations'

/** Sandboxes of one action. Actions run one after the other, so that the list can show progress. */
const chunkSize = 8

/** Changes many sandboxes. Resolves with those that could not be changed. */
export function useBulkChange() {
  const target = useTarget()
  const cache = useQueryClient()
  const keep = useCacheSandbox()
  const [done, setDone] = useState(0)
  const mutation = useMutation({
    mutationFn: async ({ sandboxIds, change }: { sandboxIds: readonly string[]; change: BulkChange }) => {
      setDone(0)
      const failed: BulkResult[] = []
      for (let start = 0; start < sandboxIds.length; start += chunkSize) {
        const chunk = sandboxIds.slice(start, start + chunkSize)
        const results = await unwrapAction(changeSandboxes({ target, sandboxIds: chunk, change })).catch(
          (error: unknown) => {
            const problem = toCallFailure(error).message
            return chunk.map((sandboxId) => ({ sandboxId, sandbox: null, problem }))
          },
        )
        for (const result of results) {
          if (result.problem !== null) failed.push(result)
          else if (result.sandbox) keep(result.sandbox)
          else forget(result.sandboxId)
        }
        setDone(start + chunk.length)
      }
      return failed
    },
  })
  const forget = (sandboxId: string) => {
    removeDrafts(localStorage, sandboxId)
    cache.setQueryData<SandboxListItem[]>(queryKeys.sandboxes(target), (list) =>
      list?.filter((sandbox) => sandbox.id !== sandboxId),
    )
  }
  return { ...mutation, done }
}
