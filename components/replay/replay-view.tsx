'use client'
import '@xterm/xterm/css/xterm.css'
import './replay.css'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useDeferredValue, useEffect, useRef, useState } from 'react'
import { ErrorState } from '@/components/ui/error-state'
import { TextInput } from '@/components/ui/field'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { Pane, PaneHeader } from '@/components/ui/pane'
import { formatBytes } from '@/components/ui/quantity'
import { counted } from '@/lib/display/counted'
import { toCallFailure } from '@/lib/queries/call-failure'
import type { ReplayMark } from '@/lib/replay/replay-event'
import type { OpenedReplay } from './open-replay'
import { ReplayControls } from './replay-controls'
import { startMsOf } from './replay-time'
import { usePlayerState, usePosition, useReplayPlayer, useScrub } from './use-replay'

const noMarks: readonly ReplayMark[] = []

/** A replay: screen, controls and what is missing. */
export function ReplayView({
  opened,
  replayKey,
  isShared,
  actions,
}: {
  opened: OpenedReplay
  /** Differs from one opened replay to another. */
  replayKey: string
  /** The address of the page leads to this replay, so that the time is part of it. */
  isShared: boolean
  actions: ReactNode
}) {
  const host = useRef<HTMLDivElement>(null)
  const [startMs] = useState(() => (isShared ? startMsOf(location.search) : 0))
  const player = useReplayPlayer(host, opened, startMs)
  const state = usePlayerState(player)
  const positionMs = usePosition(player, state)
  const seek = useScrub(player)
  const [term, setTerm] = useState('')
  const wanted = useDeferredValue(term.trim())
  const { data: matches = noMarks, error: findError } = useQuery({
    queryKey: ['replay-matches', replayKey, wanted],
    queryFn: ({ signal }) => opened.find(wanted, signal),
    enabled: wanted !== '',
    structuralSharing: false,
    gcTime: 0,
    retry: false,
  })
  const { info, problem } = opened
  const isResting = state !== null && state.phase !== 'playing' && !state.isSeeking
  // Rounded up, so that the output of this moment is part of it.
  const seconds = Math.ceil(positionMs) / 1000
  useEffect(() => {
    if (!isShared || !isResting) return
    const url = new URL(location.href)
    if (seconds > 0) url.searchParams.set('t', String(seconds))
    else url.searchParams.delete('t')
    // The router's own state must stay in the history entry.
    if (url.href !== location.href) history.replaceState(history.state, '', url)
  }, [isShared, isResting, seconds])

  const next = matches.find(({ fromMs }) => fromMs > positionMs + 1) ?? matches[0]
  const marks = [...opened.marks(), ...(wanted === '' ? noMarks : matches)]
  return (
    <Pane label="Replay" className="bg-term">
      <PaneHeader
        mono
        title={info.title}
        chip={
          <span className="shrink-0 text-label text-ink-3 max-sm:hidden">
            {info.startedAt !== null && <LocalTime iso={new Date(info.startedAt * 1000).toISOString()} />}
          </span>
        }
        actions={
          <>
            <search aria-label="Mark matches" className="flex items-center gap-1">
              <TextInput
                small
                mono
                type="search"
                aria-label="Mark where this text appears"
                placeholder="Mark text"
                className="w-32 max-sm:w-24"
                value={term}
                onChange={(event) => setTerm(event.target.value)}
                onKeyDown={(event) => {
                  if (event.key === 'Enter' && next) seek(next.fromMs)
                }}
              />
              <span role="status" className="text-label text-ink-2 tabular-nums">
                {wanted !== '' && (findError ? 'failed' : counted(matches.length, 'match', 'matches'))}
              </span>
            </search>
            {actions}
          </>
        }
      />
      {info.message && (
        <Notice>
          <OutsideText text={info.message} />
        </Notice>
      )}
      {problem && <Notice>{problem}</Notice>}
      {info.isRunning && <Notice>This is still running: the replay continues with what is printed.</Notice>}
      {state !== null && state.skippedBytes > 0 && (
        <Notice>
          {formatBytes(state.skippedBytes)} of earlier output are not drawn. Seek to an earlier time to see them.
        </Notice>
      )}
      {state?.failure != null && (
        <div className="shrink-0 border-b border-line p-2">
          <ErrorState compact failure={toCallFailure(state.failure)} onRetry={() => void player?.seek(positionMs)} />
        </div>
      )}
      <div ref={host} data-pane-focus="" className="replay-host" />
      {player && state && (
        <ReplayControls player={player} state={state} positionMs={positionMs} marks={marks} onSeek={seek} />
      )}
    </Pane>
  )
}

function Notice({ children }: { children: ReactNode }) {
  return (
    <p role="status" className="shrink-0 border-b border-line bg-raised px-3 py-1.5 text-label text-ink-2">
      {typeof children === 'string' ? <OutsideText text={children} /> : children}
    </p>
  )
}
