'use client'
import { useQuery } from '@tanstack/react-query'
import { Box, History, LayoutGrid, type LucideIcon, PanelLeftClose, PanelLeftOpen, Users, X } from 'lucide-react'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { Dialog } from 'radix-ui'
import { useEffect } from 'react'
import { useHotkey } from '@/components/keys/hotkeys'
import { useNavigate } from '@/components/live/navigation-guard'
import {
  auditAddress,
  historyAddress,
  homeAddress,
  peopleAddress,
  sandboxAddress,
  wallAddress,
} from '@/components/target/addresses'
import { useOpenSandboxes } from '@/components/target/open-sandboxes'
import { useRole } from '@/components/target/role'
import { useTarget } from '@/components/target/target-provider'
import { IconButton } from '@/components/ui/button'
import { classNames } from '@/components/ui/class-names'
import { OutsideText } from '@/components/ui/outside-text'
import { sandboxDisplay, toneClass } from '@/components/ui/state-display'
import { StateGlyph } from '@/components/ui/state-glyph'
import { Tooltip } from '@/components/ui/tooltip'
import { visibleText } from '@/lib/display/visible-text'
import { sandboxesQuery } from '@/lib/queries/reads'
import { useNav } from './nav-state'
import { TargetSwitch } from './target-switch'
import { ThemeMenu } from './theme-menu'

/** The navigation: a sidebar from 768 px up, collapsed or expanded; below that a menu. */
export function SideNav({ sandboxId }: { sandboxId: string | undefined }) {
  const nav = useNav()
  const target = useTarget()
  const go = useNavigate()
  const path = usePathname()
  const { setSheetOpen } = nav
  useHotkey('nav.toggle', nav.toggle)
  useHotkey('go.sandboxes', () => go(homeAddress(target)))
  useHotkey('go.wall', () => go(wallAddress(target)))
  useHotkey('go.history', () => go(historyAddress(target)))
  useHotkey('go.audit', () => go(auditAddress(target)))

  // Navigating to another page closes the menu.
  useEffect(() => {
    if (path) setSheetOpen(false)
  }, [path, setSheetOpen])

  return (
    <>
      <nav
        aria-label="Main"
        className={classNames(
          'hidden shrink-0 flex-col border-r border-line bg-surface md:flex',
          nav.narrow ? 'w-11' : 'w-52',
        )}
      >
        <TargetSwitch narrow={nav.narrow} />
        <NavItems sandboxId={sandboxId} narrow={nav.narrow} />
        <div className="mt-auto flex p-2">
          <IconButton
            label={nav.narrow ? 'Expand sidebar' : 'Collapse sidebar'}
            hotkey="nav.toggle"
            icon={nav.narrow ? <PanelLeftOpen strokeWidth={1.5} /> : <PanelLeftClose strokeWidth={1.5} />}
            onClick={nav.toggle}
          />
        </div>
      </nav>
      <Dialog.Root open={nav.sheetOpen} onOpenChange={setSheetOpen}>
        <Dialog.Portal>
          <Dialog.Overlay className="fixed inset-0 z-40 animate-scrim-in bg-scrim md:hidden" />
          <Dialog.Content
            aria-describedby={undefined}
            className="fixed inset-y-0 left-0 z-50 flex w-[min(280px,85vw)] animate-sheet-in flex-col border-r border-line bg-surface shadow-overlay outline-none md:hidden"
          >
            <div className="flex h-12 items-center justify-between border-b border-line pr-2 pl-4">
              <Dialog.Title className="text-body font-semibold">Sandglass</Dialog.Title>
              <Dialog.Close asChild>
                <IconButton label="Close menu" icon={<X strokeWidth={1.5} />} />
              </Dialog.Close>
            </div>
            <nav aria-label="Main" className="min-h-0 overflow-auto">
              <TargetSwitch narrow={false} />
              <NavItems sandboxId={sandboxId} narrow={false} />
            </nav>
            <div className="mt-auto p-2 sm:hidden">
              <ThemeMenu />
            </div>
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
    </>
  )
}

const item = 'focus-inset flex h-8 items-center gap-2.5 rounded-control text-body transition-colors pointer-coarse:h-11'

function NavItems({ sandboxId, narrow }: { sandboxId: string | undefined; narrow: boolean }) {
  const target = useTarget()
  const openIds = useOpenSandboxes()
  const role = useRole()
  const { data } = useQuery(sandboxesQuery(target))
  const open = (data ?? [])
    .filter((sandbox) => openIds.includes(sandbox.id) || sandbox.id === sandboxId)
    .sort((one, other) => openIds.indexOf(one.id) - openIds.indexOf(other.id))
  return (
    <div className="flex flex-col gap-0.5 p-2">
      <PageItem href={homeAddress(target)} label="Sandboxes" icon={Box} narrow={narrow} />
      <PageItem href={wallAddress(target)} label="Live wall" icon={LayoutGrid} narrow={narrow} />
      <PageItem href={historyAddress(target)} label="History" icon={History} narrow={narrow} />
      {role === 'owner' && <PageItem href={peopleAddress(target)} label="People" icon={Users} narrow={narrow} />}
      {open.length > 0 && (
        <>
          {narrow ? (
            <hr className="my-1 border-line" />
          ) : (
            <h2 className="px-2 pt-4 pb-1 text-meta font-medium text-ink-3">Open</h2>
          )}
          {open.map((sandbox) => {
            const display = sandboxDisplay(sandbox.state)
            const current = sandbox.id === sandboxId
            return (
              <NavTip key={sandbox.id} text={`${sandbox.name}: ${display.word}`} narrow={narrow}>
                <Link
                  href={sandboxAddress(target, sandbox.id)}
                  prefetch={false}
                  aria-current={current ? 'true' : undefined}
                  aria-label={narrow ? visibleText(`${sandbox.name}, ${display.word}`) : undefined}
                  className={classNames(
                    item,
                    'font-mono',
                    narrow ? 'justify-center' : 'px-2',
                    current ? 'bg-hover text-ink' : 'text-ink-2 hover:bg-hover hover:text-ink',
                  )}
                >
                  <span className={classNames(toneClass[display.tone], 'flex w-4 shrink-0 justify-center text-tone')}>
                    <StateGlyph glyph={display.glyph} className="size-2.5" />
                  </span>
                  {!narrow && (
                    <>
                      <span className="truncate" title={visibleText(sandbox.name)}>
                        <OutsideText text={sandbox.name} />
                      </span>
                      <span className="sr-only">
                        , <OutsideText text={display.word} />
                      </span>
                    </>
                  )}
                </Link>
              </NavTip>
            )
          })}
        </>
      )}
    </div>
  )
}

function PageItem({
  href,
  label,
  icon: Icon,
  narrow,
}: {
  href: string
  label: string
  icon: LucideIcon
  narrow: boolean
}) {
  const current = usePathname() === href
  return (
    <NavTip text={label} narrow={narrow}>
      <Link
        href={href}
        aria-current={current ? 'page' : undefined}
        aria-label={narrow ? label : undefined}
        className={classNames(
          item,
          narrow ? 'justify-center' : 'px-2',
          current ? 'bg-hover text-ink' : 'text-ink-2 hover:bg-hover hover:text-ink',
        )}
      >
        <Icon aria-hidden="true" size={16} strokeWidth={1.5} className="shrink-0" />
        {!narrow && label}
      </Link>
    </NavTip>
  )
}

/** Shows the name in a tooltip while the sidebar is collapsed. */
function NavTip({ text, narrow, children }: { text: string; narrow: boolean; children: React.ReactNode }) {
  return narrow ? (
    <Tooltip text={text} side="right">
      {children}
    </Tooltip>
  ) : (
    children
  )
}
