'use client'
import { Button } from '@/components/ui/button'
import { useNow } from '@/components/ui/clock'
import { OutsideText } from '@/components/ui/outside-text'
import { StateGlyph } from '@/components/ui/state-glyph'
import type { StreamTrouble } from './stream-display'

/** Covers a log whose stream is disconnected. The text below stays readable. */
export function ReconnectOverlay({ trouble, onRetry }: { trouble: StreamTrouble; onRetry: () => void }) {
  const now = useNow()
  const seconds =
    trouble.retryAt === null || now === null ? null : Math.max(1, Math.ceil((trouble.retryAt - now) / 1000))
  return (
    <div className="pointer-events-none absolute inset-0 z-10 flex animate-late items-center justify-center bg-term/40 p-4">
      <div className="tone-off pointer-events-auto flex max-w-full items-center gap-3 rounded-overlay border border-line bg-raised px-3 py-2 text-body text-ink shadow-overlay">
        <StateGlyph glyph="disconnected" className="size-4 text-tone" />
        <span className="min-w-0 first-letter:uppercase">
          <OutsideText text={trouble.word} />
          {seconds !== null && <span className="text-ink-2"> · retrying in {seconds} s</span>}
        </span>
        {trouble.canRetry && (
          <Button size="sm" onClick={onRetry}>
            Retry
          </Button>
        )}
      </div>
    </div>
  )
}
