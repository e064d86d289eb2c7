'use client'
import { Switch as Radix } from 'radix-ui'
import { type ReactNode, useId } from 'react'

/** A setting that is on or off, with its label beside it. It takes effect at once; in a form use `Checkbox`. */
export function Switch({
  checked,
  onChange,
  label,
  hint,
}: {
  checked: boolean
  onChange: (checked: boolean) => void
  label: ReactNode
  hint?: ReactNode
}) {
  const id = useId()
  return (
    <div className="flex items-start gap-3 pointer-coarse:py-2">
      <Radix.Root
        id={id}
        checked={checked}
        onCheckedChange={onChange}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="relative mt-0.5 h-4 w-7 shrink-0 rounded-full border border-control bg-canvas transition-colors before:absolute before:-inset-3.5 data-[state=checked]:border-transparent data-[state=checked]:bg-accent"
      >
        <Radix.Thumb className="block size-2.5 translate-x-0.5 rounded-full bg-ink-3 transition-transform data-[state=checked]:translate-x-[14px] data-[state=checked]:bg-accent-ink" />
      </Radix.Root>
      <span className="min-w-0">
        <label htmlFor={id} className="text-body">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-label text-ink-3">
            {hint}
          </p>
        )}
      </span>
    </div>
  )
}
