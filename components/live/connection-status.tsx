'use client'
import { classNames } from '@/components/ui/class-names'
import { useNow } from '@/components/ui/clock'
import { OutsideText } from '@/components/ui/outside-text'
import { toneClass } from '@/components/ui/state-display'
import { StateGlyph } from '@/components/ui/state-glyph'
import { counted } from '@/lib/display/counted'
import { visibleText } from '@/lib/display/visible-text'
import type { ConnectionPhase } from '@/lib/live/client/connection'
import { useConnection, useLiveClient } from '@/lib/live/client/use-live'
import { connectionDisplay, formatLatency } from './connection-display'

/** Announced by screen readers once per change; the countdown is visual only. */
const spokenPhase: Record<ConnectionPhase, string> = {
  connecting: 'connecting',
  live: 'connected',
  waiting: 'connection lost, reconnecting',
  'signed-out': 'signed out',
}

const number = new Intl.NumberFormat('en-US')

/** The connection in the status bar: state, latency, open streams, the newest offset, and Retry while it is lost. */
export function ConnectionStatus() {
  const client = useLiveClient()
  const connection = useConnection()
  const now = useNow()
  const display = connectionDisplay(connection, now)
  const { phase, latencyMs, streams, lastOffset, refusal, stale } = connection
  return (
    <>
      <span className={classNames(toneClass[display.tone], 'inline-flex items-center gap-1.5 whitespace-nowrap')}>
        <StateGlyph glyph={display.glyph} still className="size-2.5 text-tone" />
        <span aria-hidden="true" className={phase === 'live' ? undefined : 'text-ink'}>
          {display.word}
        </span>
        <span role="status" className="sr-only">
          <OutsideText text={phase === 'waiting' && refusal !== null ? refusal : spokenPhase[phase]} />
        </span>
        {phase === 'waiting' && refusal !== null && (
          <span aria-hidden="true" className="max-w-md truncate text-ink" title={visibleText(refusal)}>
            <OutsideText text={refusal} />
          </span>
        )}
        {phase === 'live' && latencyMs !== null && <span>· {formatLatency(latencyMs)}</span>}
        {phase === 'waiting' && <StatusButton onClick={() => client.retryNow()}>retry</StatusButton>}
        {phase === 'signed-out' && <StatusButton onClick={() => location.assign('/sign-in')}>sign in</StatusButton>}
      </span>
      <span className="whitespace-nowrap max-sm:hidden">{counted(streams, 'stream')}</span>
      {lastOffset !== null && (
        <span className="whitespace-nowrap max-sm:hidden" title="Offset of the newest byte that this tab received">
          byte {number.format(lastOffset)}
        </span>
      )}
      {stale && (
        <span className="tone-time inline-flex items-center gap-1.5 whitespace-nowrap text-tone">
          new version available
          <StatusButton onClick={() => location.reload()}>reload</StatusButton>
        </span>
      )}
    </>
  )
}

function StatusButton({ onClick, children }: { onClick: () => void; children: string }) {
  return (
    <button type="button" className="font-medium text-accent underline-offset-2 hover:underline" onClick={onClick}>
      {children}
    </button>
  )
}
