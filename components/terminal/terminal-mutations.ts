'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTarget } from '@/components/target/target-provider'
import { createPty } from '@/lib/actions/pty/create'
import { killPty } from '@/lib/actions/pty/kill'
import { recordPty } from '@/lib/actions/pty/record'
import { queryKeys } from '@/lib/queries/query-keys'
import { unwrapAction } from '@/lib/queries/unwrap-action'

export interface NewTerminal {
  ptyId: string
  cwd?: string
  envs?: Record<string, string>
  cols?: number
  rows?: number
}

/** @param plain the target keeps no screen, so the shell starts when the page has connected */
export function useCreateTerminal(sandboxId: string, plain: boolean) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (terminal: NewTerminal) =>
      unwrapAction(createPty({ target, sandboxId, ...terminal, ...(plain ? { lazyStart: true } : {}) })),
    onSuccess: () => cache.invalidateQueries({ queryKey: queryKeys.ptys(target, sandboxId) }),
  })
}

export function useKillTerminal(sandboxId: string) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (ptyId: string) => unwrapAction(killPty({ target, sandboxId, ptyId })),
    onSettled: () => cache.invalidateQueries({ queryKey: queryKeys.ptys(target, sandboxId) }),
  })
}

export function useRecordTerminal(sandboxId: string, ptyId: string) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (action: 'start' | 'stop') => unwrapAction(recordPty({ target, sandboxId, ptyId, action })),
    onSettled: () => cache.invalidateQueries({ queryKey: queryKeys.ptys(target, sandboxId) }),
  })
}
