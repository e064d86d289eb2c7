'use client'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { OutsideText } from '@/components/ui/outside-text'
import { startCell } from '@/lib/actions/cell/start'
import type { LiveClient } from '@/lib/live/client/live-client'
import { useLiveClient } from '@/lib/live/client/use-live'
import { hasEnded } from '@/lib/process-api/has-ended'
import { toCallFailure } from '@/lib/queries/call-failure'
import { queryKeys } from '@/lib/queries/query-keys'
import type { ContextEntry } from '@/lib/queries/reads'
import { unwrapAction } from '@/lib/queries/unwrap-action'
import { readVariables, type Variable, variablesCode } from './variables'

const timeoutMs = 10_000

/** The variables of the context, read while the panel is open and after each cell. */
export function VariablesPanel({
  sandboxId,
  context,
  busy,
  runs,
}: {
  sandboxId: string
  context: ContextEntry | undefined
  /** A cell runs, so that the context could not reply. */
  busy: boolean
  /** Counts the cells that have ended. */
  runs: number
}) {
  const target = useTarget()
  const client = useLiveClient()
  const [open, setOpen] = useState(false)
  const contextId = context?.id ?? 'default'
  const isPython = (context?.language ?? 'python') === 'python'
  const isNew = context?.detail?.state === 'new'
  const isBusy = busy || context?.detail?.state === 'busy'
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: queryKeys.variables(target, sandboxId, contextId, runs),
    queryFn: () => listVariables(client, target, sandboxId, contextId),
    enabled: open && isPython && !isNew && !isBusy && context !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    placeholderData: (previous) => previous,
  })
  return (
    <section aria-label="Variables" className="max-h-[35%] shrink-0 overflow-auto border-t border-line bg-surface">
      <div className="sticky top-0 flex items-center gap-2 bg-surface px-3">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="focus-inset flex h-8 flex-1 items-center gap-2 text-label font-medium text-ink-2 hover:text-ink pointer-coarse:h-11"
        >
          <span aria-hidden="true">{open ? '▾' : '▸'}</span> Variables
          {open && data && <span className="font-normal text-ink-3">{data.length}</span>}
        </button>
        {open && isPython && !isNew && (
          <Button size="sm" busy={isFetching} disabled={isBusy} onClick={() => refetch()}>
            Refresh
          </Button>
        )}
      </div>
      {open && <Rows data={isNew ? [] : data} error={error} isPython={isPython} isBusy={isBusy} />}
    </section>
  )
}

function Rows({
  data,
  error,
  isPython,
  isBusy,
}: {
  data: readonly Variable[] | undefined
  error: Error | null
  isPython: boolean
  isBusy: boolean
}) {
  if (!isPython) return <Sentence>Variables can be listed in Python contexts only.</Sentence>
  if (error) {
    return (
      <Sentence>
        <OutsideText text={toCallFailure(error).message} />
      </Sentence>
    )
  }
  if (data === undefined) return <Sentence>{isBusy ? 'The context is busy.' : 'Reading the variables…'}</Sentence>
  if (data.length === 0) return <Sentence>No variables yet.</Sentence>
  return (
    <table className="mb-2 w-full text-body">
      <thead className="sr-only">
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Type</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody className="font-mono">
        {data.map(({ name, type, text }) => (
          <tr key={name} className="hover:bg-hover">
            <th scope="row" className="w-40 max-w-40 truncate px-3 py-0.5 text-left font-normal text-ink">
              <OutsideText text={name} />
            </th>
            <td className="w-40 max-w-40 truncate px-2 py-0.5 text-ink-3">
              <OutsideText text={type} />
            </td>
            <td className="max-w-0 truncate px-2 py-0.5 text-ink-2">
              <OutsideText text={text} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Sentence({ children }: { children: React.ReactNode }) {
  return <p className="px-3 pb-2 text-label text-ink-3">{children}</p>
}

/** Runs the listing program in the context. Rejects if it does not end in time. */
async function listVariables(
  client: LiveClient,
  target: string,
  sandboxId: string,
  contextId: string,
): Promise<Variable[]> {
  const code = variablesCode
  const { runId } = await unwrapAction(startCell({ target, sandboxId, contextId, code, timeout: timeoutMs / 1000 }))
  let output = ''
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(new Error('The context did not reply in time.')), timeoutMs)
    const finish = (failure: Error | null) => {
      clearTimeout(timer)
      stop()
      const variables = readVariables(output)
      if (variables) resolve(variables)
      else reject(failure ?? new Error('The variables of this context cannot be read.'))
    }
    const stop = client.watchCell(
      target,
      { sandboxId, contextId, runId },
      {
        parts: (parts, reset) => {
          if (reset) output = ''
          for (const part of parts) if (part.kind === 'output' && part.stream === 'stdout') output += part.text
          const run = parts.findLast((part) => part.kind === 'run')?.run
          if (run && hasEnded(run.state)) finish(null)
        },
        away: () => undefined,
        failed: (_code, message) => finish(new Error(message)),
      },
    )
  })
}
