'use client'
import { Command } from 'cmdk'
import type { ReactNode } from 'react'
import type { HotkeyId } from '@/components/keys/registry'
import { Kbd } from '@/components/ui/kbd'

/** A heading with the entries below it. */
export function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-meta [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-ink-3"
    >
      {children}
    </Command.Group>
  )
}

/** One line of the palette. `keywords` are matched beside the value. */
export function Entry({
  value,
  keywords,
  hotkey,
  onSelect,
  children,
}: {
  value: string
  keywords?: string[]
  hotkey?: HotkeyId | undefined
  onSelect: () => void
  children: ReactNode
}) {
  return (
    <Command.Item
      value={value}
      {...(keywords ? { keywords } : {})}
      onSelect={onSelect}
      className="flex h-8 cursor-default items-center gap-2.5 rounded-control px-2.5 text-body text-ink select-none data-[selected=true]:bg-hover pointer-coarse:h-11"
    >
      <span className="flex min-w-0 flex-1 items-center gap-2.5">{children}</span>
      {hotkey && <Kbd hotkey={hotkey} />}
    </Command.Item>
  )
}
