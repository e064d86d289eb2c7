'use client'
import Link from 'next/link'
import { sandboxAddress } from '@/components/target/addresses'
import { languageName } from '@/components/target/sandbox-language'
import { useTarget } from '@/components/target/target-provider'
import { Age } from '@/components/ui/age'
import { Button } from '@/components/ui/button'
import { classNames } from '@/components/ui/class-names'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { StateChip } from '@/components/ui/state-chip'
import { sandboxDisplay } from '@/components/ui/state-display'
import { visibleText } from '@/lib/display/visible-text'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { sandboxLanguage } from './filter'
import { networkDisplay } from './network-display'
import { SandboxMenu } from './sandbox-menu'

const head =
  'sticky top-0 z-10 h-7 bg-surface px-3 text-left whitespace-nowrap text-meta font-medium text-ink-3 shadow-[inset_0_-1px_var(--line)]'
const cell = 'px-3 whitespace-nowrap'
/** Columns that a phone shows in the second line of the name. */
const wide = 'max-md:hidden'

/** One row per sandbox, newest first: 32 px with columns from 768 px up, 52 px with two lines below. */
export function SandboxTable({
  sandboxes,
  onClearFilter,
}: {
  sandboxes: readonly SandboxListItem[]
  onClearFilter: () => void
}) {
  if (sandboxes.length === 0) {
    return (
      <div className="flex items-center gap-3 px-4 py-6 text-body text-ink-2">
        No sandboxes match this filter.
        <Button onClick={onClearFilter}>Clear filter</Button>
      </div>
    )
  }
  const newestFirst = [...sandboxes].sort((one, other) => (other.createdAt ?? '').localeCompare(one.createdAt ?? ''))
  return (
    <table className="w-full border-separate border-spacing-0 text-body">
      <thead>
        <tr>
          <th className={classNames(head, 'pl-4')}>Name</th>
          <th className={head}>State</th>
          <th className={classNames(head, wide)}>Language</th>
          <th className={classNames(head, wide)}>Network</th>
          <th className={classNames(head, wide, 'max-lg:hidden')}>Isolation</th>
          <th className={classNames(head, wide)}>Last activity</th>
          <th className={classNames(head, wide)}>Age</th>
          <th className={classNames(head, 'w-10')}>
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {newestFirst.map((sandbox) => (
          <Row key={sandbox.id} sandbox={sandbox} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ sandbox }: { sandbox: SandboxListItem }) {
  const target = useTarget()
  const language = languageName(sandboxLanguage(sandbox))
  return (
    <tr className="group relative h-[52px] hover:bg-hover has-[a:focus-visible]:bg-hover md:h-8 md:pointer-coarse:h-11 [&>td]:border-b [&>td]:border-line">
      <td className="w-full max-w-0 pr-3 pl-4">
        <Link
          href={sandboxAddress(target, sandbox.id)}
          title={visibleText(sandbox.name)}
          prefetch={false}
          className="focus-inset block truncate font-mono font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          <OutsideText text={sandbox.name} />
        </Link>
        <p className="truncate text-label text-ink-3 md:hidden">
          <OutsideText text={language} />
          {networkDisplay(sandbox).word === 'off' && ' · no network'}
          {sandbox.createdAt && (
            <>
              {' · '}
              <Age since={sandbox.createdAt} coarse />
            </>
          )}
        </p>
      </td>
      <td className={cell}>
        <StateChip display={sandboxDisplay(sandbox.state)} />
      </td>
      <td className={classNames(cell, wide, 'text-ink-2')}>
        <OutsideText text={language} />
      </td>
      <td className={classNames(cell, wide, 'text-ink-2')}>
        <Network sandbox={sandbox} />
      </td>
      <td className={classNames(cell, wide, 'text-ink-2 max-lg:hidden')}>
        {sandbox.isolation?.kind === 'none' ? (
          <span className="text-time">none</span>
        ) : (
          <OutsideText text={sandbox.isolation?.kind ?? '–'} />
        )}
      </td>
      <td className={classNames(cell, wide, 'text-ink-2')}>
        {sandbox.lastActivityAt ? <LocalTime iso={sandbox.lastActivityAt} /> : '–'}
      </td>
      <td className={classNames(cell, wide, 'text-ink-2')}>
        {sandbox.createdAt ? <Age since={sandbox.createdAt} coarse /> : '–'}
      </td>
      <td className="relative z-1 pr-2 text-right">
        <SandboxMenu sandbox={sandbox} />
      </td>
    </tr>
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
