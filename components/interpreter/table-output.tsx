'use client'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { classNames } from '@/components/ui/class-names'
import { OutsideText } from '@/components/ui/outside-text'
import { compareCells, readTable, textOfCell } from './table'

const pageRows = 100

/** A data frame that can be sorted. What the engine left out is said below it. */
export function TableOutput({ value }: { value: unknown }) {
  const [sort, setSort] = useState<{ column: number; descending: boolean } | null>(null)
  const [limit, setLimit] = useState(pageRows)
  const table = readTable(value)
  if (table === null) return <p className="text-body text-ink-3">This table cannot be shown.</p>
  const order = table.rows.map((_, index) => index)
  if (sort !== null) {
    order.sort((one, other) => {
      const compared = compareCells(table.rows[one]?.[sort.column], table.rows[other]?.[sort.column])
      return sort.descending ? -compared : compared
    })
  }
  const toggle = (column: number) =>
    setSort(
      sort?.column !== column ? { column, descending: false } : sort.descending ? null : { column, descending: true },
    )
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <section
        aria-label="Table"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keys
        tabIndex={0}
        className="max-h-96 w-fit max-w-full overflow-auto rounded-chip border border-line focus-inset"
      >
        <table className="border-collapse text-body">
          <thead className="sticky top-0 bg-raised">
            <tr>
              {table.index && <th className="border-b border-line px-2 py-1" aria-label="Row" />}
              {table.columns.map(({ name, type }, column) => (
                <th
                  // biome-ignore lint/suspicious/noArrayIndexKey: names of columns may repeat
                  key={column}
                  scope="col"
                  aria-sort={sort?.column !== column ? 'none' : sort.descending ? 'descending' : 'ascending'}
                  className="border-b border-line text-left align-bottom font-medium"
                >
                  <button
                    type="button"
                    onClick={() => toggle(column)}
                    className="focus-inset flex w-full items-center gap-1 px-2 py-1 whitespace-nowrap hover:bg-hover pointer-coarse:min-h-11"
                  >
                    <span>
                      <OutsideText text={name} />{' '}
                      <span className="ml-0.5 font-mono text-meta font-normal text-ink-3">
                        <OutsideText text={type} />
                      </span>
                    </span>
                    {sort?.column === column &&
                      (sort.descending ? (
                        <ArrowDown size={12} strokeWidth={1.5} aria-hidden="true" />
                      ) : (
                        <ArrowUp size={12} strokeWidth={1.5} aria-hidden="true" />
                      ))}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {order.slice(0, limit).map((row) => (
              <tr key={row} className="border-b border-line last:border-0 hover:bg-hover">
                {table.index && (
                  <th scope="row" className="px-2 py-0.5 text-left font-mono font-normal whitespace-nowrap text-ink-3">
                    <OutsideText text={textOfCell(table.index[row])} />
                  </th>
                )}
                {table.columns.map((_, column) => {
                  const cell = table.rows[row]?.[column]
                  return (
                    <td
                      // biome-ignore lint/suspicious/noArrayIndexKey: columns do not move
                      key={column}
                      className={classNames(
                        'max-w-96 truncate px-2 py-0.5 font-mono whitespace-nowrap',
                        typeof cell === 'number' && 'text-right tabular-nums',
                        cell === null && 'text-ink-3',
                      )}
                    >
                      <OutsideText text={textOfCell(cell)} />
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className="flex flex-wrap items-center gap-2 text-label text-ink-3">
        <span>
          {table.totalRows.toLocaleString('en')} × {table.totalColumns.toLocaleString('en')}
          {table.truncated &&
            ` · the first ${table.rows.length.toLocaleString('en')} rows and ${table.columns.length} columns were sent`}
        </span>
        {limit < table.rows.length && (
          <Button size="sm" onClick={() => setLimit(limit + 900)}>
            Show more rows
          </Button>
        )}
      </p>
    </div>
  )
}
