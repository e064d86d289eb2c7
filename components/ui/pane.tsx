import type { ReactNode } from 'react'
import { visibleText } from '@/lib/display/visible-text'
import { classNames } from './class-names'
import { wrapText } from './outside-text'

/**
 * A labelled region that F6 reaches. Panes are separated by 1 px lines, without radius or shadow.
 * F6 focuses the element with `data-pane-focus`, or the region itself when there is none.
 */
export function Pane({
  label,
  id,
  className,
  children,
}: {
  label: string
  id?: string
  className?: string
  children: ReactNode
}) {
  return (
    <section
      id={id}
      aria-label={visibleText(label)}
      data-pane=""
      tabIndex={-1}
      className={classNames('flex h-full min-h-0 min-w-0 flex-col bg-surface', className)}
    >
      {children}
    </section>
  )
}

/**
 * 32 px: title, chip, then actions on the right; on a phone the actions wrap into a second line if needed.
 * Use `mono` for titles that come from a program.
 */
export function PaneHeader({
  title,
  mono = false,
  chip,
  actions,
  heading = 2,
}: {
  title: ReactNode
  mono?: boolean
  chip?: ReactNode
  actions?: ReactNode
  heading?: 2 | 3
}) {
  const Heading = heading === 2 ? 'h2' : 'h3'
  return (
    <header className="flex min-h-8 shrink-0 flex-wrap items-center gap-x-2 border-b border-line bg-surface pr-1.5 pl-3">
      <div className="flex min-h-8 min-w-[min(11rem,60%)] flex-1 items-center gap-2">
        <Heading
          title={typeof title === 'string' ? visibleText(title, { lines: true }) : undefined}
          className={classNames('min-w-0 truncate text-label font-medium', mono ? 'font-mono text-ink' : 'text-ink-2')}
        >
          {wrapText(title)}
        </Heading>
        {chip}
      </div>
      {actions && <div className="ml-auto flex shrink-0 items-center gap-1">{actions}</div>}
    </header>
  )
}

/** The scrolling part of a pane. */
export function PaneBody({ className, children }: { className?: string; children: ReactNode }) {
  return <div className={classNames('min-h-0 flex-1 overflow-auto', className)}>{children}</div>
}
