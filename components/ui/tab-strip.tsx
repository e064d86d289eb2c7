'use client'
import Link from 'next/link'
import type { HotkeyId } from '@/components/keys/registry'
import { classNames } from './class-names'
import { Tooltip } from './tooltip'

export interface Tab {
  href: string
  label: string
  hotkey?: HotkeyId
}

/** A 36 px strip of links to pages; the current one has a 2 px underline and `aria-current`. */
export function TabStrip({ label, tabs, current }: { label: string; tabs: readonly Tab[]; current: string }) {
  return (
    <nav
      aria-label={label}
      className="flex h-9 shrink-0 items-stretch gap-1 overflow-x-auto border-b border-line px-2 pointer-coarse:h-11"
    >
      {tabs.map((tab) => {
        const active = tab.href === current
        return (
          <Tooltip key={tab.href} text={tab.label} hotkey={tab.hotkey}>
            <Link
              href={tab.href}
              aria-current={active ? 'page' : undefined}
              className={classNames(
                'focus-inset relative flex items-center px-2 text-body whitespace-nowrap transition-colors',
                active
                  ? 'text-ink after:absolute after:inset-x-0 after:-bottom-px after:h-0.5 after:bg-accent'
                  : 'text-ink-2 hover:text-ink',
              )}
            >
              {tab.label}
            </Link>
          </Tooltip>
        )
      })}
    </nav>
  )
}
