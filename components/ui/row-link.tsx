'use client'
import type { KeyboardEvent, MouseEvent, ReactNode } from 'react'
import { classNames } from '@/components/ui/class-names'

/** A two-line list row that is a link, so that it can be opened in another tab. The selected row has a bar. */
export function RowLink({
  href,
  selected,
  onSelect,
  children,
}: {
  href: string
  selected: boolean
  onSelect: () => void
  children: ReactNode
}) {
  const onClick = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return
    event.preventDefault()
    onSelect()
  }
  return (
    <a
      href={href}
      aria-current={selected ? 'true' : undefined}
      data-row=""
      data-pane-focus={selected ? '' : undefined}
      onClick={onClick}
      className={classNames(
        'focus-inset relative block min-h-[52px] border-b border-line px-3 py-1.5 transition-colors',
        selected
          ? 'bg-hover before:absolute before:inset-y-0 before:left-0 before:w-0.5 before:bg-accent'
          : 'hover:bg-hover/60',
      )}
    >
      {children}
    </a>
  )
}

/** Moves the focus over the rows of a list with the arrow keys, Home and End. */
export function moveOverRows(event: KeyboardEvent<HTMLElement>): void {
  if (event.metaKey || event.ctrlKey || event.altKey) return
  const rows = Array.from(event.currentTarget.querySelectorAll<HTMLElement>('[data-row]'))
  const here = rows.findIndex((row) => row.contains(document.activeElement))
  const next = nextRow(event.key, here, rows.length)
  if (next === null) return
  event.preventDefault()
  rows[next]?.focus()
}

function nextRow(key: string, here: number, count: number): number | null {
  if (count === 0) return null
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  if (key === 'ArrowDown') return Math.min(count - 1, here + 1)
  if (key === 'ArrowUp') return Math.max(0, here - 1)
  return null
}
