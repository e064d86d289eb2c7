'use client'
import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, type ReactNode, useState } from 'react'
import { useApiAccess } from '@/components/execution/api-access'
import { useHotkey } from '@/components/keys/hotkeys'
import { useTarget } from '@/components/target/target-provider'
import { useCapabilities } from '@/components/target/use-capabilities'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { ErrorState } from '@/components/ui/error-state'
import { OutsideText } from '@/components/ui/outside-text'
import { Pane, PaneBody, PaneHeader } from '@/components/ui/pane'
import { formatBytes } from '@/components/ui/quantity'
import { SkeletonRows } from '@/components/ui/skeleton'
import { counted } from '@/lib/display/counted'
import { toCallFailure } from '@/lib/queries/call-failure'
import { processesQuery, sandboxQuery } from '@/lib/queries/reads'
import { startRunCall } from './calls'
import { ProcessDetail } from './process-detail'
import { isSystem, type ProcessRow, processKey, processRows } from './process-rows'
import { ProcessTable } from './process-table'
import { useSelectedProcess } from './use-selected-process'

/** All processes of a sandbox as a tree with CPU, memory and owner, and signals to send to them. */
export function ProcessesPage({
  sandboxId,
  above,
  aside,
}: {
  sandboxId: string
  /** A pane above the processes. */
  above?: ReactNode
  /** A pane beside them, which hides the details of the selected process. */
  aside?: ReactNode
}) {
  const target = useTarget()
  const { data: sandbox } = useQuery(sandboxQuery(target, sandboxId))
  const { processes: supported } = useCapabilities(sandboxId)
  const running = sandbox?.state === 'started'
  const { data, error, refetch } = useQuery({ ...processesQuery(target, sandboxId), enabled: running && supported })
  const [withSystem, setWithSystem] = useState(false)
  const [selected, select] = useSelectedProcess()
  const [killing, setKilling] = useState(false)
  const rows = data ? processRows(data.processes, withSystem) : []
  const row = rows.find(({ process }) => processKey(process) === selected)
  const hasEnded = selected !== null && data?.processes.every((it) => processKey(it) !== selected) === true
  const systemCount = data?.processes.filter(isSystem).length ?? 0

  useHotkey('processes.refresh', () => void refetch(), running && supported)
  useHotkey('processes.system', () => setWithSystem(!withSystem), systemCount > 0)

  const onKey = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return
    if (event.key === 'Delete') setKilling(true)
    else if (event.key === 'Escape') select(null)
    else return
    event.preventDefault()
  }
  return (
    <div className="flex min-h-0 flex-1 max-lg:flex-col">
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        {above}
        <Pane label="Processes" className="h-auto! flex-1">
          <PaneHeader
            title={
              <>Processes{data && <span className="ml-1.5 font-normal text-ink-3 tabular-nums">{rows.length}</span>}</>
            }
            chip={data && <Totals rows={rows} />}
            actions={
              systemCount > 0 && (
                <Button size="sm" aria-pressed={withSystem} onClick={() => setWithSystem(!withSystem)}>
                  {withSystem ? 'Hide' : 'Show'} {counted(systemCount, 'system process', 'system processes')}
                </Button>
              )
            }
          />
          <p
            role="status"
            className={hasEnded ? 'shrink-0 border-b border-line bg-raised px-3 py-1.5 text-ink-2' : 'sr-only'}
          >
            {hasEnded && 'The selected process has ended.'}
          </p>
          <PaneBody>
            <Body
              state={!sandbox ? 'loading' : bodyState({ running, supported, loaded: data !== undefined })}
              sandboxId={sandboxId}
              failure={error && toCallFailure(error)}
              rows={rows}
              onRetry={() => refetch()}
            >
              <ProcessTable sandboxId={sandboxId} rows={rows} selected={selected} onSelect={select} onKey={onKey} />
            </Body>
          </PaneBody>
        </Pane>
      </div>
      {aside}
      {running && !aside && row && (
        <div className="min-h-0 border-line max-lg:max-h-[55%] max-lg:shrink-0 max-lg:border-t lg:w-80 lg:border-l">
          <ProcessDetail
            key={processKey(row.process)}
            sandboxId={sandboxId}
            row={row}
            killing={killing}
            onKilling={setKilling}
            onClose={() => select(null)}
          />
        </div>
      )}
    </div>
  )
}

type BodyState = 'loading' | 'not running' | 'unsupported' | 'loaded'

function bodyState(known: { running: boolean; supported: boolean; loaded: boolean }): BodyState {
  if (!known.running) return 'not running'
  if (!known.supported) return 'unsupported'
  return known.loaded ? 'loaded' : 'loading'
}

function Body({
  state,
  sandboxId,
  failure,
  rows,
  onRetry,
  children,
}: {
  state: BodyState
  sandboxId: string
  failure: ReturnType<typeof toCallFailure> | null
  rows: readonly ProcessRow[]
  onRetry: () => void
  children: React.ReactNode
}) {
  const target = useTarget()
  const api = useApiAccess(sandboxId)
  if (state === 'not running') {
    return <p className="px-3 py-3 text-body text-ink-3">The sandbox is not running.</p>
  }
  if (state === 'unsupported') {
    return (
      <p className="px-3 py-3 text-body text-ink-3">
        <span className="font-mono">
          <OutsideText text={target} />
        </span>{' '}
        does not report the processes of a sandbox. Run <code>ps</code> in a session to list them.
      </p>
    )
  }
  if (state === 'loading') {
    return failure ? (
      <ErrorState failure={failure} onRetry={onRetry} details={`processes of ${sandboxId}`} />
    ) : (
      <SkeletonRows rows={6} label="Loading the processes" />
    )
  }
  return (
    <>
      {failure && (
        <div className="border-b border-line p-2">
          <ErrorState compact failure={failure} onRetry={onRetry} />
        </div>
      )}
      {rows.length > 0 ? (
        children
      ) : (
        <EmptyState title="No processes are running." call={startRunCall(api, sandboxId, 'sleep 60')}>
          Processes of runs, sessions, terminals and interpreters appear here, including those left behind.
        </EmptyState>
      )}
    </>
  )
}

/** CPU and memory of all shown processes together; CPU only once it has been measured. */
function Totals({ rows }: { rows: readonly ProcessRow[] }) {
  const percents = rows.map(({ process }) => process.cpuPercent).filter((it) => it !== null)
  const bytes = rows.reduce((sum, { process }) => sum + (process.memoryBytes ?? 0), 0)
  if (rows.length === 0) return null
  return (
    <span className="truncate text-label text-ink-3 tabular-nums max-sm:hidden">
      {percents.length > 0 && `CPU ${percents.reduce((sum, it) => sum + it, 0).toFixed(1)} % · `}
      {formatBytes(bytes)}
    </span>
  )
}
