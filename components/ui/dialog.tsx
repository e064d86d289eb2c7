'use client'
import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { IconButton } from './button'
import { classNames } from './class-names'
import { wrapText } from './outside-text'

/** A modal dialog. Escape, the cross and a click outside close it and restore the previous focus. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  size = 'md',
  keepsFocus = false,
  children,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  /** One sentence under the title, read out with it. */
  description?: ReactNode
  size?: 'md' | 'lg'
  /** Do not restore the focus on close, because the page has already moved it. */
  keepsFocus?: boolean
  children: ReactNode
}) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-scrim-in bg-scrim" />
        <Radix.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          onCloseAutoFocus={(event) => {
            if (keepsFocus) event.preventDefault()
          }}
          onOpenAutoFocus={(event) => {
            // Without an autofocused field, focus the dialog: screen readers then read its title, not the cross.
            if (event.currentTarget instanceof HTMLElement && !event.currentTarget.contains(document.activeElement)) {
              event.preventDefault()
              event.currentTarget.focus()
            }
          }}
          className={classNames(
            'fixed top-[max(16px,14vh)] left-1/2 z-50 flex max-h-[calc(100dvh-32px-10vh)] w-[calc(100vw-24px)] -translate-x-1/2 flex-col overflow-hidden rounded-overlay border border-line bg-surface shadow-overlay outline-none',
            size === 'md' ? 'max-w-[440px]' : 'max-w-[640px]',
          )}
        >
          <div className="flex items-start gap-2 px-4 pt-3 pb-1">
            <div className="min-w-0 flex-1 pt-0.5">
              <Radix.Title className="text-title font-semibold">{wrapText(title)}</Radix.Title>
              {description && (
                <Radix.Description className="mt-1 text-body text-ink-2">{wrapText(description)}</Radix.Description>
              )}
            </div>
            <Radix.Close asChild>
              <IconButton label="Close" icon={<X strokeWidth={1.5} />} />
            </Radix.Close>
          </div>
          <div className="min-h-0 overflow-auto px-4 pt-2 pb-4">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** The button row at the end of a dialog; the main action comes last. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="mt-4 flex flex-wrap items-center justify-end gap-2">{children}</div>
}
