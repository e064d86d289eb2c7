'use client'
import { Popover as Radix } from 'radix-ui'
import { type ReactNode, useRef, useState } from 'react'
import { visibleText } from '@/lib/display/visible-text'
import { Button } from './button'
import { wrapText } from './outside-text'

/**
 * Asks for confirmation beside the control that was pressed, for actions that cannot be undone but need no dialog.
 * @param onConfirm may return a promise: the popover shows a spinner and closes when the promise resolves. It stays
 *   open when the promise rejects; pass the reason as `error`.
 */
export function ConfirmPopover({
  trigger,
  anchor,
  title,
  children,
  confirm,
  onConfirm,
  error,
  open: controlledOpen,
  onOpenChange,
  align = 'end',
}: {
  /** The button that opens it. */
  trigger?: ReactNode
  /** Instead of a trigger: the element to attach to when something else opens the popover, such as a menu item. */
  anchor?: ReactNode
  title: string
  children?: ReactNode
  /** Text of the confirm button, such as "Kill 3 processes". */
  confirm: string
  onConfirm: () => Promise<unknown> | unknown
  error?: ReactNode
  open?: boolean
  onOpenChange?: (open: boolean) => void
  align?: 'start' | 'center' | 'end'
}) {
  const [ownOpen, setOwnOpen] = useState(false)
  const [busy, setBusy] = useState(false)
  const anchorElement = useRef<HTMLDivElement>(null)
  const open = controlledOpen ?? ownOpen
  const setOpen = (next: boolean) => {
    setOwnOpen(next)
    onOpenChange?.(next)
  }
  const run = async () => {
    setBusy(true)
    const done = await Promise.resolve(onConfirm()).then(
      () => true,
      () => false,
    )
    setBusy(false)
    if (done) setOpen(false)
  }
  return (
    <Radix.Root open={open} onOpenChange={setOpen}>
      {anchor ? (
        <Radix.Anchor ref={anchorElement} className="inline-flex">
          {anchor}
        </Radix.Anchor>
      ) : (
        <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      )}
      <Radix.Portal>
        <Radix.Content
          role="alertdialog"
          aria-label={visibleText(title)}
          align={align}
          sideOffset={6}
          collisionPadding={8}
          onFocusOutside={(event) => {
            // The menu that opened the popover returns the focus to its own button while it closes.
            if (anchor) event.preventDefault()
          }}
          onCloseAutoFocus={(event) => {
            if (!anchor) return
            event.preventDefault()
            anchorElement.current?.querySelector('button')?.focus()
          }}
          className="z-50 w-[min(340px,calc(100vw-24px))] animate-overlay-in rounded-overlay border border-line bg-surface p-3 shadow-overlay outline-none"
        >
          <p className="text-body font-semibold">{wrapText(title)}</p>
          {children && <div className="mt-1 text-body text-ink-2">{children}</div>}
          {error && (
            <div role="alert" className="mt-2 text-body text-fail">
              {wrapText(error)}
            </div>
          )}
          <div className="mt-3 flex justify-end gap-2">
            <Radix.Close asChild>
              <Button variant="ghost">Cancel</Button>
            </Radix.Close>
            <Button variant="danger" busy={busy} onClick={run}>
              {confirm}
            </Button>
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
