'use client'
import { RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from './button'
import { CopyButton } from './copy-button'
import { OutsideText } from './outside-text'

/** A failure as pages show it: a code of the closed set, one plain sentence, and what to do about it. */
export interface Failure {
  code: string
  message: string
  hint?: string | undefined
}

/** Shown instead of content that failed: code, message, hint, Retry, and details to copy into a report. */
export function ErrorState({
  failure,
  onRetry,
  details,
  action,
  compact = false,
}: {
  failure: Failure
  onRetry?: () => void
  /** Added to the copied details, such as the address that was read. */
  details?: string
  /** An alternative to Retry, such as a link. */
  action?: ReactNode
  /** A block in a form or pane, not in the middle of a page. */
  compact?: boolean
}) {
  const report = () =>
    [failure.code, failure.message, failure.hint, details, location.href, new Date().toISOString()]
      .filter(Boolean)
      .join('\n')
  return (
    <div
      role="alert"
      className={
        compact
          ? 'tone-fail flex flex-col items-start gap-2 rounded-control border border-tone/40 tone-ground p-3'
          : 'mx-auto flex w-full max-w-[480px] flex-col items-start gap-2 px-6 py-10'
      }
    >
      <p className="font-mono text-meta text-fail">
        <OutsideText text={failure.code} />
      </p>
      <p className={compact ? 'text-body text-ink' : 'text-title font-semibold'}>
        <OutsideText text={failure.message} />
      </p>
      {failure.hint && (
        <p className="text-body text-ink-2">
          <OutsideText text={failure.hint} />
        </p>
      )}
      <div className="mt-1 flex flex-wrap gap-2">
        {onRetry && (
          <Button icon={<RotateCw strokeWidth={1.5} />} onClick={onRetry}>
            Retry
          </Button>
        )}
        {action}
        <CopyButton text={report} word="Copy details" variant={compact ? 'secondary' : 'ghost'} size="md" />
      </div>
    </div>
  )
}
