'use client'
import { Tooltip as Radix } from 'radix-ui'
import type { FocusEvent, ReactNode } from 'react'
import type { HotkeyId } from '@/components/keys/registry'
import { Kbd } from './kbd'
import { wrapText } from './outside-text'

/** One provider for the whole page, so that after the first tooltip the next ones open at once. */
export function TooltipProvider({ children }: { children: ReactNode }) {
  return (
    <Radix.Provider delayDuration={500} skipDelayDuration={300}>
      {children}
    </Radix.Provider>
  )
}

/** Shows a control's name and shortcut on hover and keyboard focus. Never the only place for a piece of information. */
export function Tooltip({
  text,
  hotkey,
  side = 'bottom',
  children,
}: {
  text: ReactNode
  hotkey?: HotkeyId | undefined
  side?: 'top' | 'bottom' | 'left' | 'right'
  children: ReactNode
}) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild onFocus={onlyForKeyboards}>
        {children}
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 flex max-w-72 animate-overlay-in items-center gap-2 rounded-control border border-line bg-raised px-2 py-1 text-label text-ink shadow-overlay"
        >
          {wrapText(text)}
          {hotkey && <Kbd hotkey={hotkey} />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** A dialog focuses its first button when it opens, which must not show a tooltip. */
function onlyForKeyboards(event: FocusEvent<HTMLElement>) {
  if (!event.currentTarget.matches(':focus-visible')) event.preventDefault()
}
