'use client'
import { LoaderCircle } from 'lucide-react'
import { Slot } from 'radix-ui'
import type { ComponentProps, ReactNode } from 'react'
import { usePlatform } from '@/components/keys/platform'
import { ariaKeyShortcuts, type HotkeyId, hotkeys } from '@/components/keys/registry'
import { visibleText } from '@/lib/display/visible-text'
import { classNames } from './class-names'
import { Kbd } from './kbd'
import { Tooltip } from './tooltip'

export type ButtonVariant = 'primary' | 'secondary' | 'ghost' | 'danger'
export type ButtonSize = 'sm' | 'md' | 'lg'

const base =
  'inline-flex shrink-0 select-none items-center justify-center gap-1.5 rounded-control border font-medium whitespace-nowrap transition-colors pointer-coarse:min-h-11 disabled:opacity-50 aria-disabled:opacity-50'

const variants: Record<ButtonVariant, string> = {
  primary:
    'border-transparent bg-accent text-accent-ink [&_kbd]:border-current/40 [&_kbd]:text-current hover:not-disabled:bg-accent/90',
  secondary: 'border-line bg-raised text-ink hover:not-disabled:bg-hover',
  ghost: 'border-transparent text-ink-2 hover:not-disabled:bg-hover hover:not-disabled:text-ink',
  danger: '[&_kbd]:text-current tone-fail border-tone/50 tone-ground text-tone hover:not-disabled:border-tone',
}

const sizes: Record<ButtonSize, string> = {
  sm: 'h-6 px-2 text-label',
  md: 'h-7 px-2.5 text-label',
  lg: 'h-8 px-3 text-body',
}

const squares: Record<ButtonSize, string> = {
  sm: 'size-6',
  md: 'size-7',
  lg: 'size-8',
}

export interface ButtonProps extends ComponentProps<'button'> {
  variant?: ButtonVariant
  /** 24 px in pane headers, 28 px in bars, 32 px in forms; 44 px on touch screens. */
  size?: ButtonSize
  icon?: ReactNode
  /** Shows the keys beside the word. */
  hotkey?: HotkeyId
  /** A request is pending: shows a spinner and ignores clicks. */
  busy?: boolean
  /** Render the only child (a link) with the style of a button. */
  asChild?: boolean
}

/** A button with text. While `busy` it keeps its width and its focus. */
export function Button({
  variant = 'secondary',
  size = 'md',
  icon,
  hotkey,
  busy = false,
  asChild = false,
  className,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  const platform = usePlatform()
  const styles = classNames(base, variants[variant], sizes[size], className)
  if (asChild) {
    return (
      <Slot.Root className={styles} {...rest}>
        {children}
      </Slot.Root>
    )
  }
  return (
    <button
      type="button"
      className={styles}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      aria-keyshortcuts={hotkey && ariaKeyShortcuts(hotkeys[hotkey].keys, platform)}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      {...rest}
    >
      {busy ? (
        <LoaderCircle aria-hidden="true" size={14} strokeWidth={1.5} className="animate-slow-spin" />
      ) : (
        icon && <span className="contents [&>svg]:size-3.5">{icon}</span>
      )}
      {children}
      {hotkey && <Kbd hotkey={hotkey} className="pointer-coarse:hidden" />}
    </button>
  )
}

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'aria-label'> {
  /** The name that a screen reader says and the tooltip shows. */
  label: string
  icon: ReactNode
  hotkey?: HotkeyId
  variant?: ButtonVariant
  size?: ButtonSize
  /** For a toggle: `aria-pressed` and the pressed style. */
  pressed?: boolean
}

/** A square button with an icon of 16 px, a tooltip with its name and keys, and 44 px on touch screens. */
export function IconButton({
  label,
  icon,
  hotkey,
  variant = 'ghost',
  size = 'md',
  pressed,
  className,
  ...rest
}: IconButtonProps) {
  const platform = usePlatform()
  const name = visibleText(label)
  return (
    <Tooltip text={name} hotkey={hotkey}>
      <button
        type="button"
        aria-label={name}
        aria-pressed={pressed}
        aria-keyshortcuts={hotkey && ariaKeyShortcuts(hotkeys[hotkey].keys, platform)}
        className={classNames(
          base,
          variants[variant],
          squares[size],
          'pointer-coarse:min-w-11 [&_svg]:size-4',
          pressed && 'bg-hover text-ink',
          className,
        )}
        {...rest}
      >
        {icon}
      </button>
    </Tooltip>
  )
}
