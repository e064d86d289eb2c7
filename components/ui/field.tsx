'use client'
import { ChevronDown } from 'lucide-react'
import { type ComponentProps, type ReactNode, useId } from 'react'
import { classNames } from './class-names'
import { wrapText } from './outside-text'

/** Classes of one-line controls: 32 px, 44 px on touch screens, where 16 px text also stops iOS from zooming in. */
export const controlDisplay =
  'h-8 w-full min-w-0 rounded-control border border-control bg-canvas px-2.5 text-body text-ink transition-colors hover:not-disabled:border-ink-3 focus-visible:outline-offset-0 aria-invalid:border-fail disabled:opacity-50 pointer-coarse:h-11 pointer-coarse:text-[16px]'

/** The small control of bars and pane headers: 24 px. */
export const smallControlDisplay =
  'h-6 min-w-0 rounded-control border border-control bg-canvas px-2 text-label text-ink transition-colors hover:not-disabled:border-ink-3 focus-visible:outline-offset-0 aria-invalid:border-fail disabled:opacity-50 pointer-coarse:h-11 pointer-coarse:text-[16px]'

interface FieldSlot {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
}

/**
 * A label, one control, an optional hint, and the error of this field as a sentence.
 * `children` receives the ids that connect them.
 */
export function Field({
  label,
  hint,
  error,
  optional = false,
  className,
  children,
}: {
  label: ReactNode
  hint?: ReactNode
  error?: ReactNode
  optional?: boolean
  className?: string
  children: (slot: FieldSlot) => ReactNode
}) {
  const id = useId()
  const hintId = `${id}-hint`
  const errorId = `${id}-error`
  const describedBy = [hint && hintId, error && errorId].filter(Boolean).join(' ') || undefined
  return (
    <div className={classNames('flex min-w-0 flex-col gap-1', className)}>
      <label htmlFor={id} className="text-label font-medium text-ink-2">
        {label}
        {optional && <span className="font-normal text-ink-3"> · optional</span>}
      </label>
      {children({ id, 'aria-describedby': describedBy, 'aria-invalid': error ? true : undefined })}
      {hint && (
        <p id={hintId} className="text-label text-ink-3">
          {wrapText(hint)}
        </p>
      )}
      {error && (
        <p id={errorId} className="text-label text-fail">
          {wrapText(error)}
        </p>
      )}
    </div>
  )
}

export interface TextInputProps extends ComponentProps<'input'> {
  /** For ids, paths and commands: monospace font, no spelling help. */
  mono?: boolean
  small?: boolean
}

export function TextInput({ mono = false, small = false, className, ...rest }: TextInputProps) {
  const monoProps = mono ? { spellCheck: false, autoCapitalize: 'off', autoCorrect: 'off', autoComplete: 'off' } : {}
  return (
    <input
      type="text"
      className={classNames(small ? smallControlDisplay : controlDisplay, mono && 'font-mono', className)}
      {...monoProps}
      {...rest}
    />
  )
}

export interface SelectProps extends ComponentProps<'select'> {
  small?: boolean
}

/** The browser's own select, which works on every phone and with every screen reader. */
export function Select({ small = false, className, children, ...rest }: SelectProps) {
  return (
    <span className={classNames('relative inline-flex min-w-0', !small && 'w-full', className)}>
      <select
        className={classNames(small ? smallControlDisplay : controlDisplay, 'w-full appearance-none pr-7')}
        {...rest}
      >
        {children}
      </select>
      <ChevronDown
        aria-hidden="true"
        size={14}
        strokeWidth={1.5}
        className="pointer-events-none absolute top-1/2 right-2 -translate-y-1/2 text-ink-3"
      />
    </span>
  )
}
