'use client'
import { useQuery } from '@tanstack/react-query'
import { Command } from 'cmdk'
import { Dialog } from 'radix-ui'
import { useState } from 'react'
import { useHotkeyActions } from '@/components/keys/hotkeys'
import { type HotkeyId, hotkeyIds, hotkeys } from '@/components/keys/registry'
import { useNavigate } from '@/components/live/navigation-guard'
import { sandboxAddress } from '@/components/target/addresses'
import { sandboxTabs } from '@/components/target/sandbox-tabs'
import { useTarget } from '@/components/target/target-provider'
import { themes } from '@/components/theme/theme'
import { useTheme } from '@/components/theme/theme-provider'
import { OutsideText } from '@/components/ui/outside-text'
import { sandboxDisplay, toneClass } from '@/components/ui/state-display'
import { StateGlyph } from '@/components/ui/state-glyph'
import { visibleText } from '@/lib/display/visible-text'
import { sandboxesQuery } from '@/lib/queries/reads'
import { Entry, Group } from './entry'
import { SandboxEntries } from './sandbox-entries'

/** Left out of the list: they open the palette itself, move the focus, or duplicate the tabs. */
function isListed(id: HotkeyId): boolean {
  return id !== 'palette.open' && !id.startsWith('pane.') && !id.startsWith('tab.')
}

/** Sandboxes listed before anything is typed, so that the actions below stay visible. */
const maxInitialSandboxes = 6

/** The dialog of the palette: sandboxes, what is in the current one, and the actions that the page offers now. */
export function PaletteDialog({
  sandboxId,
  open,
  onOpenChange,
}: {
  sandboxId: string | undefined
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-scrim-in bg-scrim" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[max(12px,12vh)] left-1/2 z-50 w-[calc(100vw-24px)] max-w-[560px] -translate-x-1/2 overflow-hidden rounded-overlay border border-line bg-surface shadow-overlay outline-none"
        >
          <Dialog.Title className="sr-only">Go to</Dialog.Title>
          <Entries sandboxId={sandboxId} close={() => onOpenChange(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Entries({ sandboxId, close }: { sandboxId: string | undefined; close: () => void }) {
  const open = useNavigate()
  const actions = useHotkeyActions()
  const target = useTarget()
  const { theme, setTheme } = useTheme()
  const [search, setSearch] = useState('')
  const { data } = useQuery(sandboxesQuery(target))
  const go = (href: string) => {
    close()
    open(href)
  }
  const run = (id: HotkeyId) => {
    close()
    // After the dialog has restored the focus, so that an action can move it.
    requestAnimationFrame(() => actions.run(id))
  }
  return (
    <Command label="Go to" loop>
      <Command.Input
        value={search}
        onValueChange={setSearch}
        placeholder={sandboxId ? 'Sandbox, session, command, run, file or action' : 'Sandbox, page or action'}
        className="h-11 w-full border-b border-line bg-transparent px-4 text-body text-ink outline-none pointer-coarse:text-[16px]"
      />
      <Command.List className="max-h-[min(400px,60vh)] overflow-auto p-1.5">
        <Command.Empty className="px-3 py-6 text-center text-body text-ink-3">
          No results for “<OutsideText text={search} />”
        </Command.Empty>
        {sandboxId && (
          <Group heading="This sandbox">
            {sandboxTabs(target, sandboxId).map((tab) => (
              <Entry key={tab.href} value={`tab ${tab.label}`} onSelect={() => go(tab.href)} hotkey={tab.hotkey}>
                {tab.label}
              </Entry>
            ))}
          </Group>
        )}
        {sandboxId && <SandboxEntries sandboxId={sandboxId} search={search} go={go} />}
        {data && data.length > 0 && (
          <Group heading="Sandboxes">
            {(search === '' ? data.slice(0, maxInitialSandboxes) : data).map((sandbox) => {
              const display = sandboxDisplay(sandbox.state)
              return (
                <Entry
                  key={sandbox.id}
                  value={visibleText(`sandbox ${sandbox.name} ${sandbox.id}`)}
                  onSelect={() => go(sandboxAddress(target, sandbox.id))}
                >
                  <span className={`${toneClass[display.tone]} text-tone`}>
                    <StateGlyph glyph={display.glyph} className="size-2.5" />
                  </span>
                  <span className="truncate font-mono">
                    <OutsideText text={sandbox.name} />
                  </span>
                  <span className="text-label whitespace-nowrap text-ink-3">
                    <OutsideText text={display.word} />
                  </span>
                </Entry>
              )
            })}
          </Group>
        )}
        <Group heading="Actions">
          {hotkeyIds
            .filter((id) => isListed(id) && actions.has(id))
            .map((id) => (
              <Entry key={id} value={`action ${hotkeys[id].label}`} onSelect={() => run(id)} hotkey={id}>
                {hotkeys[id].label}
              </Entry>
            ))}
          {themes
            .filter((choice) => choice !== theme)
            .map((choice) => (
              <Entry
                key={choice}
                value={`theme ${choice}`}
                onSelect={() => {
                  close()
                  setTheme(choice)
                }}
              >
                Theme: {choice}
              </Entry>
            ))}
          <Entry value="sign out" onSelect={() => void signOut()}>
            Sign out
          </Entry>
        </Group>
      </Command.List>
    </Command>
  )
}

/** Ends this browser's session on the server. After a failure the sign-in page shows whether it is still signed in. */
async function signOut(): Promise<void> {
  await fetch('/sign-out', { method: 'POST' }).catch(() => null)
  location.assign('/sign-in')
}
