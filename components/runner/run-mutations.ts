'use client'
import { type InfiniteData, useMutation, useQueryClient } from '@tanstack/react-query'
import { freeSessionId } from '@/components/execution/free-session-id'
import type { CommandInput } from '@/components/execution/session-mutations'
import { useTarget } from '@/components/target/target-provider'
import { runCommand } from '@/lib/actions/command/run'
import { deleteRun } from '@/lib/actions/run/delete'
import { sendRunInput } from '@/lib/actions/run/send-input'
import { signalRun } from '@/lib/actions/run/signal'
import { startRun } from '@/lib/actions/run/start'
import { stopRun } from '@/lib/actions/run/stop'
import { createSession } from '@/lib/actions/session/create'
import type { RunPage, SignalName, StartRunRequest } from '@/lib/process-api/extensions'
import { queryKeys } from '@/lib/queries/query-keys'
import { sessionsQuery } from '@/lib/queries/reads'
import { unwrapAction } from '@/lib/queries/unwrap-action'
import { sessionCommand } from './session-command'

/** Starts a run and resolves with its id at once; the output arrives on the live connection. */
export function useStartRun(sandboxId: string) {
  const target = useTarget()
  return useMutation({
    mutationFn: (request: StartRunRequest) => unwrapAction(startRun({ target, sandboxId, request })),
  })
}

/** Runs the code or command in a session of its own, whose output is live on every target. */
export function useRunInSession(sandboxId: string) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: async (request: StartRunRequest) => {
      const sessions = await cache.fetchQuery(sessionsQuery(target, sandboxId))
      const taken = sessions.map((session) => session.sessionId)
      const sessionId = freeSessionId(taken, 'run')
      await unwrapAction(createSession({ target, sandboxId, sessionId }))
      const command = sessionCommand(request)
      const { commandId } = await unwrapAction(
        runCommand({ target, sandboxId, sessionId, command, mode: 'background' }),
      )
      return { sessionId, commandId }
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: queryKeys.sessions(target, sandboxId) }),
  })
}

/** Stops a run with all its processes; for a finished run, the processes that it left running. */
export function useStopRun(sandboxId: string) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (runId: string) => unwrapAction(stopRun({ target, sandboxId, runId })),
    onSuccess: (_result, runId) => cache.invalidateQueries({ queryKey: queryKeys.run(target, sandboxId, runId) }),
  })
}

/** Writes to a run's standard input, in the order of the calls. */
export function useSendRunInput(sandboxId: string, runId: string) {
  const target = useTarget()
  return useMutation({
    mutationFn: (input: CommandInput) => unwrapAction(sendRunInput({ target, sandboxId, runId, ...input })),
    scope: { id: `input ${runId}` },
  })
}

export function useSignalRun(sandboxId: string, runId: string) {
  const target = useTarget()
  return useMutation({
    mutationFn: (signal: SignalName) => unwrapAction(signalRun({ target, sandboxId, runId, signal })),
  })
}

/** Deletes a finished run with its output. */
export function useDeleteRun(sandboxId: string) {
  const target = useTarget()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (runId: string) => unwrapAction(deleteRun({ target, sandboxId, runId })),
    onSuccess(_result, runId) {
      cache.setQueryData<InfiniteData<RunPage>>(
        queryKeys.runs(target, sandboxId),
        (data) =>
          data && {
            ...data,
            pages: data.pages.map((page) => ({ ...page, runs: page.runs.filter((run) => run.id !== runId) })),
          },
      )
      cache.removeQueries({ queryKey: queryKeys.run(target, sandboxId, runId), type: 'inactive' })
    },
  })
}
