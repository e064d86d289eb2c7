'use client'
import { Menu as MenuIcon, Search } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { useHotkeyActions } from '@/components/keys/hotkeys'
import { homeAddress } from '@/components/target/addresses'
import { useTargets } from '@/components/target/target-provider'
import { Button, IconButton } from '@/components/ui/button'
import { OutsideText } from '@/components/ui/outside-text'
import { localTarget } from '@/lib/queries/query-keys'
import { useNav } from './nav-state'
import { ThemeMenu } from './theme-menu'

/** 40 px: Sandglass / breadcrumb on the left; theme and Go to on the right. On a phone a button opens the menu. */
export function TopBar({ breadcrumb }: { breadcrumb: ReactNode }) {
  const nav = useNav()
  const { current } = useTargets()
  const actions = useHotkeyActions()
  return (
    <header className="flex h-10 shrink-0 items-center gap-2 border-b border-line bg-surface px-2 pointer-coarse:h-12 md:px-3">
      <IconButton
        label="Open menu"
        icon={<MenuIcon strokeWidth={1.5} />}
        className="md:hidden"
        aria-expanded={nav.sheetOpen}
        onClick={() => nav.setSheetOpen(true)}
      />
      <Link href="/" className="rounded-chip text-body font-semibold text-ink max-sm:hidden">
        Sandglass
      </Link>
      <Slash />
      {current !== localTarget && (
        <>
          <Link
            href={homeAddress(current)}
            className="max-w-40 truncate rounded-chip font-mono text-body text-ink-2 hover:text-ink max-sm:hidden"
          >
            <OutsideText text={current} />
          </Link>
          <Slash />
        </>
      )}
      <div className="flex min-w-0 flex-1 items-center gap-2">{breadcrumb}</div>
      <span className="max-sm:hidden">
        <ThemeMenu />
      </span>
      <Button
        hotkey="palette.open"
        onClick={() => actions.run('palette.open')}
        icon={<Search strokeWidth={1.5} />}
        className="max-sm:min-w-11 max-sm:[&>span:last-child]:hidden"
      >
        <span className="max-sm:sr-only">Go to…</span>
      </Button>
    </header>
  )
}

function Slash() {
  return (
    <span aria-hidden="true" className="text-ink-3 max-sm:hidden">
      /
    </span>
  )
}
