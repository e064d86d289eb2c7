'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTarget } from '@/components/target/target-provider'
import { runCommand } from '@/lib/actions/command/run'
import { sendInput } from '@/lib/actions/command/send-input'
import { signalCommand } from '@/lib/actions/command/signal'
import { stopCommand } from '@/lib/actions/command/stop'
import { createSession } from '@/lib/actions/session/create'
import { deleteSession } from '@/lib/actions/session/delete'
import type { SignalName } from '@/lib/process-api/extensions'
import type { SessionSummary } from '@/lib/process-api/process'
import { queryKeys } from '@/lib/queries/query-keys'
import { unwrapAction } from '@/lib/queries/unwrap-action'

export interface NewSession {
  sessionId: string
  cwd?: string
  envs?: Record<string, string>
}

export interface NewCommand {
  command: string
  /** `wait`: standard input is at end-of-file; `background`: it stays open for input. */
  mode: 'wait' | 'background'
}

export interface CommandInput {
  data: string
  newline: boolean
  eof: boolean
}

export function useCreateSession(sandboxId: string) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (session: NewSession) => unwrapAction(createSession({ target, sandboxId, ...session })),
    onSuccess: () => cache.invalidateQueries({ queryKey: queryKeys.sessions(target, sandboxId) }),
  })
}

/** `keepPids` are processes of the session that keep running; all others are killed. */
export function useDeleteSession(sandboxId: string) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (input: { sessionId: string; keepPids: number[] }) =>
      unwrapAction(deleteSession({ target, sandboxId, ...input })),
    onSuccess(_result, { sessionId }) {
      cache.setQueryData<SessionSummary[]>(queryKeys.sessions(target, sandboxId), (sessions) =>
        sessions?.filter((session) => session.sessionId !== sessionId),
      )
      cache.removeQueries({ queryKey: queryKeys.session(target, sandboxId, sessionId), type: 'inactive' })
    },
  })
}

/**
 * Starts a command; its output arrives on the live connection.
 * @param onStarted called even after the component was unmounted: `exit` ends the session, and with it the composer,
 *   before the response arrives
 */
export function useRunCommand(sandboxId: string, sessionId: string, onStarted: (commandId: string) => void) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (command: NewCommand) => unwrapAction(runCommand({ target, sandboxId, sessionId, ...command })),
    onSuccess({ commandId }) {
      void cache.invalidateQueries({ queryKey: queryKeys.session(target, sandboxId, sessionId) })
      onStarted(commandId)
    },
  })
}

/** Writes to a command's standard input, in the order of the calls. */
export function useSendInput(sandboxId: string, sessionId: string, commandId: string) {
  const target = useTarget()
  return useMutation({
    mutationFn: (input: CommandInput) => unwrapAction(sendInput({ target, sandboxId, sessionId, commandId, ...input })),
    scope: { id: `input ${commandId}` },
  })
}

export function useSignalCommand(sandboxId: string, sessionId: string, commandId: string) {
  const target = useTarget()
  return useMutation({
    mutationFn: (signal: SignalName) =>
      unwrapAction(signalCommand({ target, sandboxId, sessionId, commandId, signal })),
  })
}

/** Stops a command with all its processes; for a finished command, the processes that it left running. */
export function useStopCommand(sandboxId: string, sessionId: string) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (commandId: string) => unwrapAction(stopCommand({ target, sandboxId, sessionId, commandId })),
    onSuccess: () => cache.invalidateQueries({ queryKey: queryKeys.session(target, sandboxId, sessionId) }),
  })
}
