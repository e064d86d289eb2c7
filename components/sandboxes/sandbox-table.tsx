'use client'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { type RefObject, useCallback } from 'react'
import { Button } from '@/components/ui/button'
import { classNames } from '@/components/ui/class-names'
import { useMediaQuery } from '@/components/ui/use-media-query'
import { useVirtualRows } from '@/components/ui/use-virtual-rows'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { columnClass, SandboxRow } from './sandbox-row'
import type { Sort, SortColumn } from './sort'
import type { Selection } from './use-selection'

const head =
  'sticky top-0 z-10 h-7 bg-surface text-left whitespace-nowrap text-meta font-medium text-ink-3 shadow-[inset_0_-1px_var(--line)]'

interface Column {
  label: string
  className: string
  /** Absent for what is known of the visible rows only. */
  sort?: SortColumn
}

const columns: readonly Column[] = [
  { label: 'Name', className: columnClass.name, sort: 'name' },
  { label: 'State', className: columnClass.state, sort: 'state' },
  { label: 'Sessions', className: columnClass.sessions },
  { label: 'Last output', className: columnClass.output },
  { label: 'Exit', className: columnClass.exit },
  { label: 'Language', className: columnClass.language, sort: 'language' },
  { label: 'Network', className: columnClass.network, sort: 'network' },
  { label: 'Last activity', className: columnClass.activity, sort: 'activity' },
  { label: 'Age', className: columnClass.age, sort: 'created' },
]

/**
 * One row per sandbox, of which only the visible ones are rendered: 32 px with columns from 768 px up, 52 px with two
 * lines below.
 */
export function SandboxTable({
  sandboxes,
  selection,
  sort,
  onSort,
  scroller,
  onClearFilter,
}: {
  /** In the order to show. */
  sandboxes: readonly SandboxListItem[]
  selection: Selection
  sort: Sort
  onSort: (column: SortColumn) => void
  scroller: RefObject<HTMLDivElement | null>
  onClearFilter: () => void
}) {
  const narrow = useMediaQuery('(max-width: 767px)')
  const coarse = useMediaQuery('(pointer: coarse)')
  const height = narrow ? 52 : coarse ? 44 : 32
  const getItemKey = useCallback((index: number) => sandboxes[index]?.id ?? index, [sandboxes])
  const { items, before, after } = useVirtualRows({ scroller, count: sandboxes.length, height, getItemKey })
  if (sandboxes.length === 0) {
    return (
      <div className="flex items-center gap-3 px-4 py-6 text-body text-ink-2">
        No sandboxes match this filter.
        <Button onClick={onClearFilter}>Clear filter</Button>
      </div>
    )
  }
  const { length: count } = selection.selected
  return (
    <table
      aria-label="Sandboxes"
      aria-rowcount={sandboxes.length + 1}
      className="w-full table-fixed border-separate border-spacing-0 text-body"
    >
      <thead>
        <tr aria-rowindex={1}>
          <th className={classNames(head, 'w-11 pl-4')}>
            <input
              type="checkbox"
              aria-label="Select all sandboxes"
              className="block size-4 accent-(--accent)"
              checked={count === sandboxes.length}
              ref={(box) => {
                if (box) box.indeterminate = count > 0 && count < sandboxes.length
              }}
              onChange={selection.toggleAll}
            />
          </th>
          {columns.map(({ label, className, sort: column }) => (
            <th
              key={label}
              aria-sort={
                column === undefined || column !== sort.column
                  ? undefined
                  : sort.descending
                    ? 'descending'
                    : 'ascending'
              }
              className={classNames(head, 'px-3', className)}
            >
              {column === undefined ? (
                label
              ) : (
                <button
                  type="button"
                  onClick={() => onSort(column)}
                  className="focus-inset inline-flex h-7 items-center gap-1 hover:text-ink"
                >
                  {label}
                  {column === sort.column &&
                    (sort.descending ? (
                      <ArrowDown aria-hidden="true" size={12} strokeWidth={1.5} />
                    ) : (
                      <ArrowUp aria-hidden="true" size={12} strokeWidth={1.5} />
                    ))}
                </button>
              )}
            </th>
          ))}
          <th className={classNames(head, 'w-12')}>
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {before > 0 && <Gap height={before} />}
        {items.map(({ index }) => {
          const sandbox = sandboxes[index]
          return (
            sandbox && (
              <SandboxRow
                key={sandbox.id}
                sandbox={sandbox}
                rowIndex={index + 2}
                selected={selection.has(sandbox.id)}
                onToggle={(range) => selection.toggle(sandbox.id, range)}
              />
            )
          )
        })}
        {after > 0 && <Gap height={after} />}
      </tbody>
    </table>
  )
}

/** The rows that are not rendered. */
function Gap({ height }: { height: number }) {
  return (
    <tr>
      <td style={{ height }} />
    </tr>
  )
}
