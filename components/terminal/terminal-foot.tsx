import { formatLatency } from '@/components/live/connection-display'
import { Button } from '@/components/ui/button'
import { OutsideText } from '@/components/ui/outside-text'
import { clientName, ownerWord } from './client-name'
import type { PtyView, PtyViewState } from './pty-view'

/** The line under a terminal: its size and who set it, how long input takes, and how the keyboard leaves it. */
export function TerminalFoot({ view, state }: { view: PtyView | null; state: PtyViewState }) {
  const { size, latencyMs, focused, phase } = state
  const own = clientName()
  const owner = size && ownerWord(size.sizeOwner, own)
  const canTake = phase === 'open' && size !== null && size.sizeOwner !== own
  return (
    <div className="flex min-h-6 shrink-0 items-center gap-x-3 overflow-hidden border-t border-line bg-surface px-3 text-meta whitespace-nowrap text-ink-3">
      <span className="truncate tabular-nums">
        {size && `${size.cols}×${size.rows}`}
        {owner !== null && (
          <>
            {' · set by '}
            <OutsideText text={owner} />
          </>
        )}
      </span>
      {canTake && (
        <Button size="sm" className="h-5" onClick={() => view?.takeSize()}>
          Take over
        </Button>
      )}
      <span className="ml-auto flex gap-x-3">
        {focused && (
          <span className="max-sm:hidden" id="terminal-leave">
            Ctrl+Shift+Esc leaves the terminal
          </span>
        )}
        {latencyMs !== null && (
          <span title="Time until the sandbox has received what you type" className="tabular-nums">
            {formatLatency(latencyMs)}
          </span>
        )}
      </span>
    </div>
  )
}
