'use client'
import { Check } from 'lucide-react'
import { DropdownMenu as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import type { HotkeyId } from '@/components/keys/registry'
import { visibleText } from '@/lib/display/visible-text'
import { classNames } from './class-names'
import { Kbd } from './kbd'
import { OutsideText } from './outside-text'

/** A menu under its trigger. Arrow keys, first letters and Escape work. */
export function Menu({
  trigger,
  label,
  align = 'end',
  children,
}: {
  trigger: ReactNode
  /** Name of the menu for a screen reader; without one the trigger names it. */
  label?: string
  align?: 'start' | 'end'
  children: ReactNode
}) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label && visibleText(label)}
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-44 animate-overlay-in overflow-auto rounded-overlay border border-line bg-raised p-1 shadow-overlay"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

const row =
  'flex min-h-7 cursor-default items-center gap-2 rounded-chip px-2 text-body outline-none select-none data-disabled:opacity-50 data-highlighted:bg-hover pointer-coarse:min-h-11 [&>svg]:size-4 [&>svg]:shrink-0'

export function MenuItem({
  icon,
  hotkey,
  danger = false,
  disabled,
  onSelect,
  children,
}: {
  icon?: ReactNode
  hotkey?: HotkeyId
  danger?: boolean
  disabled?: boolean
  onSelect: () => void
  children: ReactNode
}) {
  return (
    <Radix.Item disabled={disabled} onSelect={onSelect} className={classNames(row, danger ? 'text-fail' : 'text-ink')}>
      {icon}
      <span className="flex-1">{children}</span>
      {hotkey && <Kbd hotkey={hotkey} />}
    </Radix.Item>
  )
}

/** An item that is a link, such as a download. */
export function MenuLink({ icon, href, children }: { icon?: ReactNode; href: string; children: ReactNode }) {
  return (
    <Radix.Item asChild className={classNames(row, 'text-ink')}>
      <a href={href}>
        {icon}
        <span className="flex-1">{children}</span>
      </a>
    </Radix.Item>
  )
}

/** One of several values; the selected one has a check mark. */
export function MenuRadioGroup<Value extends string>({
  value,
  onChange,
  options,
}: {
  value: Value
  onChange: (value: Value) => void
  options: readonly { value: Value; label: string; note?: string; icon?: ReactNode }[]
}) {
  const choose = (chosen: string) => {
    const option = options.find((one) => one.value === chosen)
    if (option) onChange(option.value)
  }
  return (
    <Radix.RadioGroup value={value} onValueChange={choose}>
      {options.map((option) => (
        <Radix.RadioItem key={option.value} value={option.value} className={classNames(row, 'text-ink')}>
          {option.icon}
          <span className="flex-1">
            <OutsideText text={option.label} />
          </span>
          {option.note && (
            <span className="text-label text-ink-3">
              <OutsideText text={option.note} />
            </span>
          )}
          <Radix.ItemIndicator>
            <Check size={14} strokeWidth={1.5} aria-hidden="true" />
          </Radix.ItemIndicator>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  )
}

export function MenuCheckboxItem({
  checked,
  onChange,
  children,
}: {
  checked: boolean
  onChange: (checked: boolean) => void
  children: ReactNode
}) {
  return (
    <Radix.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
      className={classNames(row, 'text-ink')}
    >
      <span className="flex-1">{children}</span>
      <Radix.ItemIndicator>
        <Check size={14} strokeWidth={1.5} aria-hidden="true" />
      </Radix.ItemIndicator>
    </Radix.CheckboxItem>
  )
}

export function MenuSeparator() {
  return <Radix.Separator className="my-1 h-px bg-line" />
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 pt-1.5 pb-1 text-meta text-ink-3">{children}</Radix.Label>
}
