'use client'
import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useRef } from 'react'
import { sandboxAddress } from '@/components/target/addresses'
import { languageName } from '@/components/target/sandbox-language'
import { sessionPath } from '@/components/target/session-location'
import { useTarget } from '@/components/target/target-provider'
import { Age } from '@/components/ui/age'
import { classNames } from '@/components/ui/class-names'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { StateChip } from '@/components/ui/state-chip'
import { executionDisplay, sandboxDisplay } from '@/components/ui/state-display'
import { visibleText } from '@/lib/display/visible-text'
import type { LastExecution, SandboxActivity } from '@/lib/process-api/activity'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { activityQuery } from '@/lib/queries/activity'
import { sandboxLanguage } from './filter'
import { networkDisplay } from './network-display'
import { SandboxMenu } from './sandbox-menu'

/** Widths of the columns, and from which width of the window they are shown. */
export const columnClass = {
  name: 'lg:w-[22%]',
  state: 'w-32',
  sessions: 'w-28 max-lg:hidden',
  output: 'max-lg:hidden',
  exit: 'w-28 max-md:hidden',
  language: 'w-24 max-[1400px]:hidden',
  network: 'w-20 max-[1400px]:hidden',
  activity: 'w-28 max-xl:hidden',
  age: 'w-20 max-md:hidden',
}

const cell = 'truncate px-3'

/** A sandbox in the list. What happened last in it is read while the row is visible. */
export function SandboxRow({
  sandbox,
  rowIndex,
  selected,
  onToggle,
}: {
  sandbox: SandboxListItem
  rowIndex: number
  selected: boolean
  /** @param range shift was pressed */
  onToggle: (range: boolean) => void
}) {
  const target = useTarget()
  const shift = useRef(false)
  const language = languageName(sandboxLanguage(sandbox))
  const isReadable = ['started', 'stopped', 'archived', 'error'].includes(sandbox.state ?? '')
  const { data: activity } = useQuery({ ...activityQuery(target, sandbox.id), enabled: isReadable })
  const last = activity?.last ?? null
  return (
    <tr
      aria-rowindex={rowIndex}
      aria-selected={selected}
      className={classNames(
        'group relative h-[52px] has-[a:focus-visible]:bg-hover md:h-8 md:pointer-coarse:h-11 [&>td]:border-b [&>td]:border-line',
        selected ? 'bg-hover' : 'hover:bg-hover',
      )}
    >
      <td className="relative z-1 pl-4">
        <input
          type="checkbox"
          aria-label={`Select ${visibleText(sandbox.name)}`}
          className="block size-4 accent-(--accent)"
          checked={selected}
          onClick={(event) => {
            shift.current = event.shiftKey
          }}
          onChange={() => {
            onToggle(shift.current)
            shift.current = false
          }}
        />
      </td>
      <td className="px-3">
        <Link
          href={sandboxAddress(target, sandbox.id)}
          title={visibleText(sandbox.name)}
          prefetch={false}
          className="focus-inset block truncate font-mono font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          <OutsideText text={sandbox.name} />
        </Link>
        <p className="truncate text-label text-ink-3 md:hidden">
          {last?.line ? (
            <OutsideText text={last.line} />
          ) : (
            <>
              <OutsideText text={language} />
              {networkDisplay(sandbox).word === 'off' && ' · no network'}
              {sandbox.createdAt && (
                <>
                  {' · '}
                  <Age since={sandbox.createdAt} coarse />
                </>
              )}
            </>
          )}
        </p>
      </td>
      <td className={classNames(cell, columnClass.state)}>
        <StateChip display={sandboxDisplay(sandbox.state)} />
        {sandbox.isolation?.kind === 'none' && <span className="block text-meta text-time">not isolated</span>}
      </td>
      <td className={classNames(cell, columnClass.sessions, 'text-ink-2 tabular-nums')}>
        <Sessions sessions={activity?.sessions ?? null} />
      </td>
      <td className={classNames(cell, columnClass.output, 'font-mono text-label text-ink-2')}>
        {last?.line ? (
          <span title={visibleText(last.line)}>
            <OutsideText text={last.line} />
          </span>
        ) : (
          '–'
        )}
      </td>
      <td className={classNames(cell, columnClass.exit, 'relative z-1')}>
        {last ? <Exit sandboxId={sandbox.id} last={last} /> : '–'}
      </td>
      <td className={classNames(cell, columnClass.language, 'text-ink-2')}>
        <OutsideText text={language} />
      </td>
      <td className={classNames(cell, columnClass.network, 'text-ink-2')}>
        <Network sandbox={sandbox} />
      </td>
      <td className={classNames(cell, columnClass.activity, 'text-ink-2')}>
        {sandbox.lastActivityAt ? <LocalTime iso={sandbox.lastActivityAt} /> : '–'}
      </td>
      <td className={classNames(cell, columnClass.age, 'text-ink-2')}>
        {sandbox.createdAt ? <Age since={sandbox.createdAt} coarse /> : '–'}
      </td>
      <td className="relative z-1 pr-2 text-right">
        <SandboxMenu sandbox={sandbox} />
      </td>
    </tr>
  )
}

function Sessions({ sessions }: { sessions: SandboxActivity['sessions'] }) {
  if (sessions === null || sessions.total === 0) return '–'
  return (
    <>
      {sessions.total}
      {sessions.running > 0 && <span className="text-run"> · {sessions.running} running</span>}
    </>
  )
}

/** How the last command or run ended, as a link to it. */
function Exit({ sandboxId, last }: { sandboxId: string; last: LastExecution }) {
  const target = useTarget()
  const { ref } = last
  const href =
    ref.kind === 'run' ? sandboxAddress(target, sandboxId, 'run', ref.runId) : sessionPath(target, sandboxId, ref)
  return (
    <Link
      href={href}
      prefetch={false}
      aria-label={`${ref.kind === 'run' ? 'Last run' : 'Last command'}: ${visibleText(executionDisplay(last).word)}`}
      className="focus-inset"
    >
      <StateChip display={executionDisplay(last)} />
    </Link>
  )
}

function Network({ sandbox }: { sandbox: SandboxListItem }) {
  const { word, sentence, isWeak } = networkDisplay(sandbox)
  return (
    <span className={isWeak ? 'text-time' : undefined} title={visibleText(sentence)}>
      {word}
    </span>
  )
}
