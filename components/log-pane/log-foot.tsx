'use client'
import { ArrowDown, ChevronDown } from 'lucide-react'
import type { ReactNode } from 'react'
import { classNames } from '@/components/ui/class-names'
import { formatBytes } from '@/components/ui/quantity'
import { Tooltip } from '@/components/ui/tooltip'
import { counted } from '@/lib/display/counted'
import type { JournalReader } from './journal-reader'
import { LagNotice } from './log-notices'
import type { ReaderView } from './reader-view'

const number = new Intl.NumberFormat('en-US')
/** More new output than this is counted in bytes instead of lines. */
const minByteCount = 256 * 1024

/** Below the log: how far the view lags, the input line, the follow switch, and the number of lines. */
export function LogFoot({
  view,
  reader,
  running,
  children,
}: {
  view: ReaderView | null
  reader: JournalReader | null
  running: boolean
  children?: ReactNode
}) {
  return (
    <>
      {view && reader && <LagNotice view={view} reader={reader} />}
      <footer className="flex min-h-9 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-t border-line bg-surface px-3">
        {/* On phones the input has its own line, and its keys share the next line with the rest. */}
        <div className="min-w-0 flex-1 max-sm:contents">{children}</div>
        <span className="ml-auto flex items-center gap-3">
          {view && reader && <FollowSwitch view={view} reader={reader} running={running} />}
          {view && (
            <span
              className={classNames(
                'text-label whitespace-nowrap text-ink-2 tabular-nums',
                // On a phone the keys of a running command need the room.
                running && view.following && 'max-sm:hidden',
              )}
            >
              {counted(view.lines, 'line', 'lines', number.format(view.lines))}
              {view.earlierBytes + view.laterBytes > 0 && <span className="text-ink-3 max-sm:hidden"> read</span>}
            </span>
          )}
        </span>
      </footer>
    </>
  )
}

/** Pauses and resumes following, and shows how much output is new since the pause. */
function FollowSwitch({ view, reader, running }: { view: ReaderView; reader: JournalReader; running: boolean }) {
  if (view.following && !running) return null
  const word = view.following ? 'following' : pausedWord(view)
  return (
    <Tooltip text={view.following ? 'Pause' : 'Jump to end and follow'} hotkey="log.follow">
      <button
        type="button"
        onClick={() => (view.following ? reader.pause() : reader.resume())}
        className={classNames(
          view.following ? 'tone-run' : 'tone-accent',
          'tone-ground inline-flex h-[22px] items-center gap-1 rounded-chip px-2 font-mono text-meta whitespace-nowrap text-tone pointer-coarse:min-h-11',
        )}
      >
        {view.following ? (
          <ChevronDown aria-hidden="true" size={12} strokeWidth={2} />
        ) : (
          <ArrowDown aria-hidden="true" size={12} strokeWidth={2} />
        )}
        {word}
      </button>
    </Tooltip>
  )
}

function pausedWord(view: ReaderView): string {
  if (view.laterBytes > minByteCount) return `${formatBytes(view.laterBytes)} newer`
  if (view.newLines !== null && view.newLines > 0) return `${number.format(view.newLines)} new`
  return 'Jump to end'
}
