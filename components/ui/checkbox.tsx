'use client'
import { useId } from 'react'

/** A setting of a form that is on or off, with its label and an optional hint beside it. */
export function Checkbox({
  checked,
  onChange,
  label,
  hint,
}: {
  checked: boolean
  onChange: (checked: boolean) => void
  label: string
  hint?: string
}) {
  const id = useId()
  return (
    <span className="flex min-w-0 flex-1 flex-wrap items-center gap-x-2 text-label pointer-coarse:min-h-11">
      <label htmlFor={id} className="inline-flex items-center gap-2 text-ink-2 pointer-coarse:min-h-11">
        <input
          id={id}
          type="checkbox"
          className="size-4 shrink-0 accent-(--accent)"
          checked={checked}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onChange={(event) => onChange(event.target.checked)}
        />
        {label}
      </label>
      {hint && (
        <span id={`${id}-hint`} className="text-ink-3">
          {hint}
        </span>
      )}
    </span>
  )
}
