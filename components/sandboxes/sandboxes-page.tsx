'use client'
import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import { useHotkey } from '@/components/keys/hotkeys'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { TextInput } from '@/components/ui/field'
import { SkeletonRows } from '@/components/ui/skeleton'
import { useFilterText } from '@/components/ui/use-filter-text'
import { useLazyPart } from '@/components/ui/use-lazy-part'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { toCallFailure } from '@/lib/queries/call-failure'
import { sandboxesQuery } from '@/lib/queries/reads'
import { CreateSandboxDialog } from './create-dialog'
import { filterSandboxes } from './filter'
import { FirstRun } from './first-run'
import { SandboxTable } from './sandbox-table'
import { sortSandboxes } from './sort'
import { useSelection } from './use-selection'
import { useSort } from './use-sort'

const loadBulkBar = () => import('./bulk-bar')
const noSandboxes: readonly SandboxListItem[] = []

/** Home: all sandboxes of the target, live. */
export function SandboxesPage() {
  const target = useTarget()
  const [creating, setCreating] = useState(false)
  const [filter, setFilter] = useFilterText()
  const box = useRef<HTMLInputElement>(null)
  const { data: sandboxes, error, refetch } = useQuery(sandboxesQuery(target))
  useHotkey('new.here', () => setCreating(true))
  useHotkey('sandboxes.filter', () => box.current?.focus())
  const [sort, sortBy] = useSort()
  const scroller = useRef<HTMLDivElement>(null)
  const { column, descending } = sort
  const shown = useMemo(
    () => sortSandboxes(filterSandboxes(sandboxes ?? noSandboxes, filter), { column, descending }),
    [sandboxes, filter, column, descending],
  )
  const selection = useSelection(shown)
  const some = sandboxes !== undefined && sandboxes.length > 0
  const bulk = useLazyPart(loadBulkBar, selection.selected.length > 0)

  return (
    <section aria-label="Sandboxes" data-pane="" tabIndex={-1} className="flex min-h-0 flex-1 flex-col bg-surface">
      <header className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-1.5 sm:flex-nowrap">
        <h1 className="text-title font-semibold">
          Sandboxes
          {some && (
            <span className="ml-2 font-normal text-ink-3 tabular-nums">
              {shown.length === sandboxes.length ? sandboxes.length : `${shown.length} of ${sandboxes.length}`}
            </span>
          )}
        </h1>
        {some && (
          <>
            <TextInput
              ref={box}
              type="search"
              aria-label="Filter sandboxes"
              placeholder="Name, state:running, label:team=api"
              className="ml-auto max-w-80 max-sm:order-last max-sm:max-w-none"
              value={filter}
              onChange={(event) => setFilter(event.target.value)}
            />
            <Button
              variant="primary"
              size="lg"
              icon={<Plus strokeWidth={1.5} />}
              hotkey="new.here"
              onClick={() => setCreating(true)}
              className="max-sm:ml-auto"
            >
              New
            </Button>
          </>
        )}
      </header>
      <div ref={scroller} className="min-h-0 flex-1 overflow-auto">
        {sandboxes === undefined && error === null && <SkeletonRows rows={6} label="Loading the sandboxes" />}
        {sandboxes === undefined && error !== null && (
          <ErrorState failure={toCallFailure(error)} onRetry={() => refetch()} />
        )}
        {sandboxes?.length === 0 && <FirstRun onCreate={() => setCreating(true)} />}
        {some && (
          <SandboxTable
            sandboxes={shown}
            selection={selection}
            sort={sort}
            onSort={sortBy}
            scroller={scroller}
            onClearFilter={() => setFilter('')}
          />
        )}
      </div>
      {some && bulk && <bulk.BulkBar selection={selection} />}
      <CreateSandboxDialog open={creating} onOpenChange={setCreating} />
    </section>
  )
}
