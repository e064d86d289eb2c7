'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useCacheSandbox } from '@/components/sandboxes/sandbox-mutations'
import { useTarget } from '@/components/target/target-provider'
import { createSnapshot } from '@/lib/actions/sandbox/create-snapshot'
import { deleteSnapshot } from '@/lib/actions/sandbox/delete-snapshot'
import { forkSandbox } from '@/lib/actions/sandbox/fork'
import { resizeSandbox } from '@/lib/actions/sandbox/resize'
import { setSandboxInterval } from '@/lib/actions/sandbox/set-interval'
import { setLabels } from '@/lib/actions/sandbox/set-labels'
import { queryKeys } from '@/lib/queries/query-keys'
import { unwrapAction } from '@/lib/queries/unwrap-action'

export function useSetLabels(sandboxId: string) {
  const target = useTarget()
  const keep = useCacheSandbox()
  return useMutation({
    mutationFn: (labels: Record<string, string>) => unwrapAction(setLabels({ target, sandboxId, labels })),
    onSuccess: keep,
  })
}

export type IntervalKind = 'auto-stop' | 'auto-archive' | 'auto-delete' | 'ttl'

export function useSetInterval(sandboxId: string, kind: IntervalKind) {
  const target = useTarget()
  const keep = useCacheSandbox()
  return useMutation({
    mutationFn: (minutes: number) => unwrapAction(setSandboxInterval({ target, sandboxId, kind, minutes })),
    onSuccess: keep,
  })
}

export interface Resources {
  cpu: number
  memory: number
  disk: number
}

export function useResizeSandbox(sandboxId: string, onResized: () => void) {
  const target = useTarget()
  const keep = useCacheSandbox()
  return useMutation({
    mutationFn: (resources: Partial<Resources>) => unwrapAction(resizeSandbox({ target, sandboxId, ...resources })),
    onSuccess(sandbox) {
      keep(sandbox)
      onResized()
    },
  })
}

/** Forks a sandbox. Resolves with the new one, or with null while its files are still being copied. */
export function useForkSandbox(sandboxId: string) {
  const target = useTarget()
  const keep = useCacheSandbox()
  return useMutation({
    mutationFn: (name: string | undefined) =>
      unwrapAction(forkSandbox({ target, sandboxId, ...(name === undefined ? {} : { name }) })),
    onSuccess({ sandbox }) {
      if (sandbox) keep(sandbox)
    },
  })
}

/** Saves the files as a snapshot. Resolves with whether they have been copied already. */
export function useCreateSnapshot(sandboxId: string) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => unwrapAction(createSnapshot({ target, sandboxId, name })),
    onSettled: () => cache.invalidateQueries({ queryKey: queryKeys.snapshots(target, sandboxId) }),
  })
}

export function useDeleteSnapshot(sandboxId: string) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (snapshotId: string) => unwrapAction(deleteSnapshot({ target, snapshotId })),
    onSettled: () => cache.invalidateQueries({ queryKey: queryKeys.snapshots(target, sandboxId) }),
  })
}
