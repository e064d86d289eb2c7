'use client'
import type { ReactNode } from 'react'
import { PaneCycle } from '@/components/keys/pane-cycle'
import { CommandPalette } from '@/components/palette/command-palette'
import { KeysSheet } from '@/components/shell/keys-sheet'
import { SideNav } from './side-nav'
import { StatusBar } from './status-bar'
import { TopBar } from './top-bar'

/**
 * The frame of every signed-in page: top bar, navigation, content, status bar.
 * `breadcrumb` follows "Sandglass /" in the top bar.
 */
export function AppShell({
  breadcrumb,
  sandboxId,
  children,
}: {
  breadcrumb: ReactNode
  /** The sandbox of the page, for the navigation and the palette. */
  sandboxId?: string
  children: ReactNode
}) {
  return (
    <div className="flex h-dvh min-w-0 flex-col overflow-hidden">
      <a
        href="#content"
        className="fixed top-1 left-1 z-50 -translate-y-16 rounded-control bg-accent px-3 py-2 text-body font-medium text-accent-ink focus:translate-y-0"
      >
        Skip to content
      </a>
      <TopBar breadcrumb={breadcrumb} />
      <div className="flex min-h-0 flex-1">
        <SideNav sandboxId={sandboxId} />
        <main id="content" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
          {children}
        </main>
      </div>
      <StatusBar />
      <CommandPalette sandboxId={sandboxId} />
      <KeysSheet />
      <PaneCycle />
    </div>
  )
}
