'use client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import { OutsideText } from '@/components/ui/outside-text'
import { visibleText } from '@/lib/display/visible-text'
import { parseTable, separatorOf } from './csv'

const maxRows = 50_000
const maxColumns = 100
const rowPx = 28

/** A CSV file as a table; its first row is the head. Only the visible rows are rendered. */
export default function TableView({ name, text }: { name: string; text: string }) {
  const rows = useMemo(() => parseTable(text, separatorOf(name, text), maxRows + 1), [name, text])
  const [head = [], ...body] = rows
  const columns = Math.min(maxColumns, Math.max(...rows.slice(0, 1_000).map((row) => row.length), 0))
  const numbers = Array.from({ length: columns }, (_, column) => column)
  const scroller = useRef<HTMLElement>(null)
  const virtual = useVirtualizer({
    count: body.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 20,
  })
  const shown = virtual.getVirtualItems()
  const before = shown[0]?.start ?? 0
  const after = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0)
  return (
    <div className="flex h-full min-h-0 flex-col">
      <p className="shrink-0 border-b border-line bg-raised px-3 py-1 text-label text-ink-3 tabular-nums">
        {body.length === maxRows ? `The first ${maxRows} rows` : `${body.length} rows`} · {columns} columns
        {columns === maxColumns && ' at most'}
      </p>
      <section
        ref={scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard.
        tabIndex={0}
        aria-label="Table"
        className="focus-inset min-h-0 flex-1 overflow-auto bg-term"
      >
        <table className="border-separate border-spacing-0 text-label" aria-rowcount={body.length + 1}>
          <thead>
            <tr>
              {numbers.map((column) => (
                <th
                  key={column}
                  scope="col"
                  className="sticky top-0 h-7 border-r border-b border-line bg-surface px-2 text-left font-medium whitespace-nowrap text-ink-2"
                >
                  <OutsideText text={head[column] ?? ''} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {before > 0 && (
              <tr style={{ height: before }}>
                <td colSpan={columns} />
              </tr>
            )}
            {shown.map(({ index }) => (
              <tr key={index} aria-rowindex={index + 2} style={{ height: rowPx }}>
                {numbers.map((column) => (
                  <td
                    key={column}
                    title={visibleText(body[index]?.[column] ?? '')}
                    className="max-w-80 truncate border-r border-b border-line px-2 font-mono whitespace-nowrap text-ink"
                  >
                    <OutsideText text={body[index]?.[column] ?? ''} />
                  </td>
                ))}
              </tr>
            ))}
            {after > 0 && (
              <tr style={{ height: after }}>
                <td colSpan={columns} />
              </tr>
            )}
          </tbody>
        </table>
      </section>
    </div>
  )
}
