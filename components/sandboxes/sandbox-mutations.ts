'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { removeDrafts } from '@/components/execution/draft'
import { useTarget } from '@/components/target/target-provider'
import { archiveSandbox } from '@/lib/actions/sandbox/archive'
import { createSandbox } from '@/lib/actions/sandbox/create'
import { deleteSandbox } from '@/lib/actions/sandbox/delete'
import { setNetwork } from '@/lib/actions/sandbox/set-network'
import { startSandbox } from '@/lib/actions/sandbox/start'
import { stopSandbox } from '@/lib/actions/sandbox/stop'
import type { CodeLanguage } from '@/lib/process-api/process'
import type { SandboxDto, SandboxListItem } from '@/lib/process-api/sandbox'
import { queryKeys } from '@/lib/queries/query-keys'
import { unwrapAction } from '@/lib/queries/unwrap-action'
import type { ChosenNetwork } from './network-choice'

interface NewSandbox {
  name?: string
  language: CodeLanguage
  network: ChosenNetwork
}

/**
 * Creates a sandbox.
 * @param onCreated called even after the component was unmounted: the event of the new sandbox may replace the empty
 *   list, which requested it, before the response arrives
 */
export function useCreateSandbox(onCreated: (sandbox: SandboxDto) => void) {
  const target = useTarget()
  const keep = useCacheSandbox()
  return useMutation({
    mutationFn: (input: NewSandbox) =>
      unwrapAction(createSandbox({ target, name: readableName(input.language), ...input })),
    onSuccess(sandbox) {
      keep(sandbox)
      onCreated(sandbox)
    },
  })
}

/** A generated name, which is easier to tell apart than the id that the engine would use. */
function readableName(language: CodeLanguage): string {
  const [four = 0] = crypto.getRandomValues(new Uint16Array(1))
  return `${language}-${four.toString(16).padStart(4, '0')}`
}

export function useStartSandbox() {
  const target = useTarget()
  const keep = useCacheSandbox()
  return useMutation({
    mutationFn: (sandboxId: string) => unwrapAction(startSandbox({ target, sandboxId })),
    onSuccess: keep,
  })
}

export function useStopSandbox() {
  const target = useTarget()
  const keep = useCacheSandbox()
  return useMutation({
    mutationFn: (sandboxId: string) => unwrapAction(stopSandbox({ target, sandboxId })),
    onSuccess: keep,
  })
}

/** Archives a stopped sandbox. `onDone` is called when it is archived, or still being packed after some seconds. */
export function useArchiveSandbox(onDone: () => void) {
  const target = useTarget()
  const keep = useCacheSandbox()
  return useMutation({
    mutationFn: (sandboxId: string) => unwrapAction(archiveSandbox({ target, sandboxId })),
    onSuccess({ sandbox }) {
      if (sandbox) keep(sandbox)
      onDone()
    },
  })
}

/** Changes the network policy of a sandbox. */
export function useSetNetwork(onChanged: () => void) {
  const target = useTarget()
  const keep = useCacheSandbox()
  return useMutation({
    mutationFn: (change: { sandboxId: string; network: ChosenNetwork }) =>
      unwrapAction(setNetwork({ target, ...change })),
    onSuccess(sandbox) {
      keep(sandbox)
      onChanged()
    },
  })
}

/** Deletes a sandbox and everything in it. `onDeleted` is called even after its row was unmounted. */
export function useDeleteSandbox(onDeleted: () => void) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (sandboxId: string) => unwrapAction(deleteSandbox({ target, sandboxId })),
    onSuccess(_result, sandboxId) {
      removeDrafts(localStorage, sandboxId)
      cache.setQueryData<SandboxListItem[]>(queryKeys.sandboxes(target), (list) =>
        list?.filter((sandbox) => sandbox.id !== sandboxId),
      )
      cache.removeQueries({ queryKey: queryKeys.sandbox(target, sandboxId), type: 'inactive' })
      onDeleted()
    },
  })
}

/** Writes the sandbox of a mutation's response into the cached list and the sandbox's own entry. */
export function useCacheSandbox() {
  const target = useTarget()
  const cache = useQueryClient()
  return (sandbox: SandboxDto) => {
    cache.setQueryData(queryKeys.sandbox(target, sandbox.id), sandbox)
    cache.setQueryData<SandboxListItem[]>(queryKeys.sandboxes(target), (list) => {
      if (!list) return list
      const { env: _env, ...item } = sandbox
      return list.some((known) => known.id === item.id)
        ? list.map((known) => (known.id === item.id ? item : known))
        : [...list, item]
    })
  }
}
