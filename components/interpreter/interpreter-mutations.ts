'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTarget } from '@/components/target/target-provider'
import { answerCell } from '@/lib/actions/cell/answer'
import { createContext } from '@/lib/actions/context/create'
import { deleteContext } from '@/lib/actions/context/delete'
import { interruptContext } from '@/lib/actions/context/interrupt'
import { restartContext } from '@/lib/actions/context/restart'
import { queryKeys } from '@/lib/queries/query-keys'
import { unwrapAction } from '@/lib/queries/unwrap-action'

/** Changes to the contexts of a sandbox, after which their list is read again. */
function useContextMutation<Input>(sandboxId: string, change: (target: string, input: Input) => Promise<unknown>) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (input: Input) => change(target, input),
    onSettled: () => cache.invalidateQueries({ queryKey: queryKeys.contexts(target, sandboxId) }),
  })
}

/** Creates a context and resolves with its id. */
export function useCreateContext(sandboxId: string) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (input: { language: string; cwd: string }) =>
      unwrapAction(createContext({ target, sandboxId, ...input })),
    onSettled: () => cache.invalidateQueries({ queryKey: queryKeys.contexts(target, sandboxId) }),
  })
}

export function useDeleteContext(sandboxId: string) {
  return useContextMutation(sandboxId, (target, contextId: string) =>
    unwrapAction(deleteContext({ target, sandboxId, contextId })),
  )
}

export function useRestartContext(sandboxId: string) {
  return useContextMutation(sandboxId, (target, contextId: string) =>
    unwrapAction(restartContext({ target, sandboxId, contextId })),
  )
}

/** Interrupts the running cell; resolves with what happened to the cell and to the variables. */
export function useInterruptContext(sandboxId: string) {
  const target = useTarget()
  return useMutation({
    mutationFn: (contextId: string) => unwrapAction(interruptContext({ target, sandboxId, contextId })),
  })
}

/** Answers the `input()` of the running cell. */
export function useAnswerCell(sandboxId: string) {
  const target = useTarget()
  return useMutation({
    mutationFn: (input: { contextId: string; text: string; eof: boolean }) =>
      unwrapAction(answerCell({ target, sandboxId, ...input })),
  })
}
