'use client'
import { classNames } from './class-names'

/** A small button of a filter bar that is on or off. */
export function FilterToggle({
  pressed,
  onChange,
  children,
}: {
  pressed: boolean
  onChange: (pressed: boolean) => void
  children: string
}) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      onClick={() => onChange(!pressed)}
      className={classNames(
        'h-6 rounded-control border px-2 text-label transition-colors pointer-coarse:h-11',
        pressed ? 'border-accent bg-hover font-medium text-ink' : 'border-control text-ink-2 hover:text-ink',
      )}
    >
      {children}
    </button>
  )
}
