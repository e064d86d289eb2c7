'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { removeDrafts } from '@/components/execution/draft'
import { useTarget } from '@/components/target/target-provider'
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
 * @param onCreated called also when the component is gone by then: the new sandbox's event may replace the empty list
 *   that asked for it before the answer is here
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

/** For a sandbox that nobody named: easier to tell apart than the id that the engine would take. */
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

/** Changes what a sandbox may reach. */
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

/** Deletes a sandbox and everything in it. `onDeleted` is called also when its row is gone by then. */
export function useDeleteSandbox(onDeleted: () => void) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (sandboxId: string) => unwrapAction(deleteSandbox({ target, sandboxId })),
    onSuccess(_answer, sandboxId) {
      removeDrafts(localStorage, sandboxId)
      cache.setQueryData<SandboxListItem[]>(queryKeys.sandboxes(target), (list) =>
        list?.filter((sandbox) => sandbox.id !== sandboxId),
      )
      cache.removeQueries({ queryKey: queryKeys.sandbox(target, sandboxId), type: 'inactive' })
      onDeleted()
    },
  })
}

/** The answer of a change is news as good as an event: it goes into the list and the sandbox's own entry. */
function useCacheSandbox() {
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
