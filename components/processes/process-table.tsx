'use client'
import Link from 'next/link'
import type { KeyboardEvent } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { classNames } from '@/components/ui/class-names'
import { OutsideText } from '@/components/ui/outside-text'
import { formatBytes, formatCoarseAge } from '@/components/ui/quantity'
import { moveOverRows } from '@/components/ui/row-link'
import { StateChip } from '@/components/ui/state-chip'
import { visibleText } from '@/lib/display/visible-text'
import type { SandboxProcess } from '@/lib/process-api/process-tree'
import { formatPercent, ownerDisplay, processDisplay } from './process-display'
import { commandLine, type ProcessRow, processKey } from './process-rows'

const head =
  'sticky top-0 z-10 h-7 bg-surface px-3 text-left whitespace-nowrap text-meta font-medium text-ink-3 shadow-[inset_0_-1px_var(--line)]'
const cell = 'px-3 whitespace-nowrap'
const number = 'text-right tabular-nums'
/** Columns that a phone shows in the second line of the command. */
const wide = 'max-md:hidden'
/** Deeper processes are not indented further, so that their command stays readable. */
const maxIndentDepth = 8
const indentPx = 14

/** The process tree: 32 px rows with columns from 768 px up, 52 px rows with two lines below. Arrow keys select a row. */
export function ProcessTable({
  sandboxId,
  rows,
  selected,
  onSelect,
  onKey,
}: {
  sandboxId: string
  rows: readonly ProcessRow[]
  selected: string | null
  onSelect: (key: string) => void
  /** Called for keys pressed on the selected row. */
  onKey: (event: KeyboardEvent) => void
}) {
  const inTabOrder = rows.some(({ process }) => processKey(process) === selected) ? selected : firstKey(rows)
  return (
    <table
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: ARIA in HTML allows it, and columns align.
      role="treegrid"
      aria-label="Processes"
      className="w-full border-separate border-spacing-0 text-body"
      onKeyDown={moveOverRows}
    >
      <thead>
        <tr>
          <th className={head}>Command</th>
          <th className={classNames(head, wide)}>Owner</th>
          <th className={head}>State</th>
          <th className={classNames(head, wide, 'text-right')}>CPU</th>
          <th className={classNames(head, wide, 'text-right')}>Memory</th>
          <th className={classNames(head, wide, 'text-right')}>Age</th>
          <th className={classNames(head, 'text-right')}>PID</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const key = processKey(row.process)
          return (
            <Row
              key={key}
              sandboxId={sandboxId}
              row={row}
              selected={key === selected}
              tabIndex={key === inTabOrder ? 0 : -1}
              onSelect={() => onSelect(key)}
              onKey={onKey}
            />
          )
        })}
      </tbody>
    </table>
  )
}

function firstKey(rows: readonly ProcessRow[]): string | null {
  return rows[0] ? processKey(rows[0].process) : null
}

function Row({
  sandboxId,
  row,
  selected,
  tabIndex,
  onSelect,
  onKey,
}: {
  sandboxId: string
  row: ProcessRow
  selected: boolean
  tabIndex: number
  onSelect: () => void
  onKey: (event: KeyboardEvent) => void
}) {
  const { process, depth } = row
  const line = commandLine(process)
  return (
    <tr
      aria-level={depth + 1}
      aria-selected={selected}
      tabIndex={tabIndex}
      data-row=""
      data-pane-focus={tabIndex === 0 ? '' : undefined}
      onClick={onSelect}
      onFocus={(event) => {
        if (event.target === event.currentTarget) onSelect()
      }}
      onKeyDown={(event) => {
        if (event.target === event.currentTarget) onKey(event)
      }}
      className={classNames(
        'focus-inset h-[52px] cursor-default md:h-8 md:pointer-coarse:h-11 [&>td]:border-b [&>td]:border-line',
        selected ? 'bg-hover [&>td:first-child]:shadow-[inset_2px_0_var(--accent)]' : 'hover:bg-hover/60',
      )}
    >
      <td className="w-full max-w-0 px-3" style={{ paddingLeft: 12 + Math.min(depth, maxIndentDepth) * indentPx }}>
        <span className="block truncate font-mono" title={visibleText(line, { lines: true })}>
          {depth > 0 && (
            <span aria-hidden="true" className="mr-1.5 text-ink-3">
              └
            </span>
          )}
          <OutsideText text={line} />
        </span>
        <span className="flex gap-1.5 text-label whitespace-nowrap text-ink-3 md:hidden">
          <span>{formatPercent(process.cpuPercent)}</span>
          <span>·</span>
          <span>{memoryWord(process)}</span>
          <span>·</span>
          <span className="truncate">{ageWord(process)}</span>
        </span>
      </td>
      <td className={classNames(cell, wide, 'max-w-52 text-ink-2')}>
        <Owner sandboxId={sandboxId} process={process} />
      </td>
      <td className={cell}>
        <StateChip display={processDisplay(process.state)} />
      </td>
      <td className={classNames(cell, wide, number)}>{formatPercent(process.cpuPercent)}</td>
      <td className={classNames(cell, wide, number, 'text-ink-2')}>{memoryWord(process)}</td>
      <td className={classNames(cell, wide, number, 'text-ink-2')}>{ageWord(process)}</td>
      <td className={classNames(cell, number, 'font-mono text-label text-ink-3')}>{process.pid}</td>
    </tr>
  )
}

/** The owner of a process, as a link to its page if it has one. */
export function Owner({ sandboxId, process }: { sandboxId: string; process: SandboxProcess }) {
  const target = useTarget()
  const { word, href } = ownerDisplay(process.owner, target, sandboxId)
  if (href === null)
    return (
      <span className={process.owner ? 'text-ink-2' : 'text-ink-3'}>
        <OutsideText text={word} />
      </span>
    )
  return (
    <Link
      href={href}
      prefetch={false}
      // Otherwise the row would also be selected, and its change of the address would override this link.
      onClick={(event) => event.stopPropagation()}
      className="focus-inset block truncate text-accent hover:underline"
    >
      <OutsideText text={word} />
    </Link>
  )
}

function memoryWord({ memoryBytes }: SandboxProcess): string {
  return memoryBytes === null ? '–' : formatBytes(memoryBytes)
}

function ageWord({ ageSeconds }: SandboxProcess): string {
  return ageSeconds === null ? '–' : formatCoarseAge(ageSeconds * 1000)
}
