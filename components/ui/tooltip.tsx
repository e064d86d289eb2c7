'use client'
import { Tooltip as Radix } from 'radix-ui'
import type { FocusEvent, ReactNode } from 'react'
import type { HotkeyId } from '@/components/keys/registry'
import { Kbd } from './kbd'
import { shown } from './outside-text'

/** One for the whole page: after the first tooltip the next ones open at once. */
export function TooltipProvider({ children }: { children: ReactNode }) {
  return (
    <Radix.Provider delayDuration={500} skipDelayDuration={300}>
      {children}
    </Radix.Provider>
  )
}

/** Names a control and shows its keys, on hover and on keyboard focus. Never the only place of an information. */
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
          {shown(text)}
          {hotkey && <Kbd hotkey={hotkey} />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** A dialog that opens focuses its first button; that is no reason to name it. */
function onlyForKeyboards(event: FocusEvent<HTMLElement>) {
  if (!event.currentTarget.matches(':focus-visible')) event.preventDefault()
}
