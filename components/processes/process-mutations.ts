'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTarget } from '@/components/target/target-provider'
import { signalProcess } from '@/lib/actions/process/signal'
import type { ProcessSignal, SandboxProcess } from '@/lib/process-api/process-tree'
import { queryKeys } from '@/lib/queries/query-keys'
import { unwrapAction } from '@/lib/queries/unwrap-action'

export interface SignalRequest {
  process: Pick<SandboxProcess, 'pid' | 'startTicks'>
  signal: ProcessSignal
  /** Also signal its descendants. */
  tree: boolean
}

/** Signals a process. `startTicks` prevents hitting another process that has reused the pid. */
export function useSignalProcess(sandboxId: string) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: ({ process: { pid, startTicks }, signal, tree }: SignalRequest) =>
      unwrapAction(signalProcess({ target, sandboxId, pid, startTicks, signal, tree })),
    onSettled: () => cache.invalidateQueries({ queryKey: queryKeys.processes(target, sandboxId) }),
  })
}
