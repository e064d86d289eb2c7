'use client'
import type { ReactNode } from 'react'
import { formatBytes } from '@/components/ui/quantity'
import type { JournalReader } from './journal-reader'
import type { ReaderView } from './reader-view'

/** Bars above the log: earlier output, dropped or missing output, and a cleared view. */
export function LogNotices({ view, reader, dropped }: { view: ReaderView; reader: JournalReader; dropped: number }) {
  return (
    <>
      {view.cleared ? (
        <Notice>
          <span>View cleared. Nothing was deleted.</span>
          <NoticeButton onClick={() => reader.undoClear()}>Undo</NoticeButton>
        </Notice>
      ) : (
        view.earlierBytes > 0 && (
          <Notice>
            <span>
              <strong className="font-medium text-ink-2">{formatBytes(view.earlierBytes)}</strong> earlier
            </span>
            <NoticeButton onClick={() => reader.loadEarlier()}>Load</NoticeButton>
            <NoticeButton onClick={() => reader.openFromStart()}>Open from start</NoticeButton>
          </Notice>
        )
      )}
      {dropped > 0 && (
        <Notice warning>
          {formatBytes(dropped)} dropped: this log reached its size limit. Everything before that is complete.
        </Notice>
      )}
      {view.missingBytes > 0 && (
        <Notice warning>{formatBytes(view.missingBytes)} missing here; the download may include them.</Notice>
      )}
    </>
  )
}

/** Bar below the log: how far the view lags, where the end is far away. */
export function LagNotice({ view, reader }: { view: ReaderView; reader: JournalReader }) {
  if (!view.following || view.laterBytes < minShownLag) return null
  return (
    <Notice warning below>
      <span>{formatBytes(view.laterBytes)} behind</span>
      <NoticeButton onClick={() => reader.resume()}>Jump to end</NoticeButton>
    </Notice>
  )
}

const minShownLag = 4 * 1024 * 1024

function Notice({
  warning = false,
  below = false,
  children,
}: {
  warning?: boolean
  below?: boolean
  children: ReactNode
}) {
  return (
    <div
      className={`flex min-h-6 shrink-0 flex-wrap items-center gap-x-3 px-3 py-0.5 text-label ${below ? 'border-t' : 'border-b'} border-line ${warning ? 'tone-time tone-ground text-tone' : 'bg-surface text-ink-3'}`}
    >
      {children}
    </div>
  )
}

function NoticeButton({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      className="rounded-chip font-medium text-accent underline-offset-2 hover:underline pointer-coarse:min-h-11"
      onClick={onClick}
    >
      {children}
    </button>
  )
}
