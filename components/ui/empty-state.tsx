import type { ReactNode } from 'react'
import { CopyButton } from './copy-button'
import { OutsideText, wrapText } from './outside-text'

/** Shown instead of an empty list: a title, the main action, and the equivalent API call to copy. */
export function EmptyState({
  title,
  children,
  action,
  call,
}: {
  title: ReactNode
  children?: ReactNode
  action?: ReactNode
  /** A shell command that does the same through the API. */
  call?: string
}) {
  return (
    <div className="mx-auto flex w-full max-w-[560px] flex-col items-start gap-3 px-6 py-10">
      <p className="text-title font-semibold">{wrapText(title)}</p>
      {children && <div className="text-body text-ink-2">{children}</div>}
      {action && <div className="flex flex-wrap gap-2">{action}</div>}
      {call && (
        <>
          <p className="mt-2 text-label text-ink-3">Do this with the API:</p>
          <div className="-mt-2 flex w-full items-start gap-1 rounded-control border border-line bg-term py-1 pr-1 pl-3">
            {/* Wrapped, because an element that scrolls sideways would have to be focusable. */}
            <pre className="min-w-0 flex-1 whitespace-pre-wrap py-1 text-label text-ink-2 [overflow-wrap:anywhere]">
              <OutsideText text={call} lines />
            </pre>
            <CopyButton text={call} label="Copy the call" />
          </div>
        </>
      )}
    </div>
  )
}
