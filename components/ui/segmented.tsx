'use client'
import { ToggleGroup } from 'radix-ui'
import type { ReactNode } from 'react'
import { classNames } from './class-names'

/** A few values side by side, exactly one of them selected. Arrow keys move between them. */
export function Segmented<Value extends string>({
  label,
  value,
  onChange,
  options,
  className,
  stretch = false,
}: {
  label: string
  value: Value
  onChange: (value: Value) => void
  options: readonly { value: Value; label: ReactNode }[]
  className?: string
  /** Fill the whole width, for phones. */
  stretch?: boolean
}) {
  const choose = (chosen: string) => {
    const option = options.find((one) => one.value === chosen)
    if (option) onChange(option.value)
  }
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={choose}
      className={classNames(
        'items-center gap-0.5 rounded-control border border-line bg-canvas p-0.5',
        stretch ? 'flex' : 'inline-flex',
        className,
      )}
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          className={classNames(
            'inline-flex h-5 items-center justify-center gap-1.5 rounded-chip px-2 text-label text-ink-2 transition-colors hover:text-ink data-[state=on]:bg-hover data-[state=on]:font-medium data-[state=on]:text-ink pointer-coarse:h-10',
            stretch && 'flex-1',
          )}
        >
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  )
}
