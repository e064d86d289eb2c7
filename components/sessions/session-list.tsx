'use client'
import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { type ReactNode, useRef, useState } from 'react'
import { sortSessions } from '@/components/execution/sort-sessions'
import { useHotkey } from '@/components/keys/hotkeys'
import { sessionPath } from '@/components/target/session-location'
import { useTarget } from '@/components/target/target-provider'
import { IconButton } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { TextInput } from '@/components/ui/field'
import { OutsideText } from '@/components/ui/outside-text'
import { Pane, PaneBody, PaneHeader } from '@/components/ui/pane'
import { moveOverRows, RowLink } from '@/components/ui/row-link'
import { SkeletonRows } from '@/components/ui/skeleton'
import { StateChip } from '@/components/ui/state-chip'
import { isRequestedEnd, sessionDisplay } from '@/components/ui/state-display'
import { UnverifiedMark } from '@/components/ui/unverified'
import { counted } from '@/lib/display/counted'
import { visibleText } from '@/lib/display/visible-text'
import type { SessionSummary } from '@/lib/process-api/process'
import { toCallFailure } from '@/lib/queries/call-failure'
import { sessionQuery, sessionsQuery } from '@/lib/queries/reads'
import { filterSessions } from './filter-sessions'

/** The sessions of a sandbox, newest first, system sessions last. */
export function SessionList({
  sandboxId,
  selected,
  onSelect,
  onCreate,
  canCreate,
  children,
}: {
  sandboxId: string
  selected: string | null
  onSelect: (sessionId: string) => void
  onCreate: () => void
  canCreate: boolean
  /** Shown when there are no sessions. */
  children: ReactNode
}) {
  const target = useTarget()
  const { data: sessions, error, refetch } = useQuery(sessionsQuery(target, sandboxId))
  // The protocol's list omits the session that the sandbox ran when it started. Targets without one respond "not found".
  const { data: entrypoint } = useQuery(sessionQuery(target, sandboxId, entrypointSession))
  const listed = sessions && sortSessions(entrypoint ? [...sessions.filter(isListed), entrypoint] : sessions)
  const own = sessions?.filter((session) => !session.system).length ?? 0
  const [filter, setFilter] = useState('')
  const box = useRef<HTMLInputElement>(null)
  useHotkey('sessions.filter', () => box.current?.focus(), own > 0)
  const matching = listed && filterSessions(listed, own > 0 ? filter : '')
  return (
    <Pane label="Sessions">
      <PaneHeader
        title={<>Sessions{sessions && <span className="ml-1.5 font-normal text-ink-3 tabular-nums">{own}</span>}</>}
        actions={
          <IconButton
            size="sm"
            label="New session"
            hotkey="new.here"
            disabled={!canCreate}
            icon={<Plus strokeWidth={1.5} />}
            onClick={onCreate}
          />
        }
      />
      {own > 0 && (
        <div className="shrink-0 border-b border-line bg-surface p-1.5">
          <TextInput
            ref={box}
            small
            type="search"
            aria-label="Filter sessions"
            placeholder="Name or state"
            className="w-full"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Escape' || filter === '') return
              event.stopPropagation()
              setFilter('')
            }}
          />
        </div>
      )}
      <PaneBody>
        {!sessions && error && <ErrorState failure={toCallFailure(error)} onRetry={() => refetch()} />}
        {!sessions && !error && <SkeletonRows tall rows={4} label="Loading the sessions" />}
        {matching && (
          <ul aria-label="Sessions" onKeyDown={moveOverRows}>
            {matching.map((session) => (
              <li key={session.sessionId}>
                <RowLink
                  href={sessionPath(target, sandboxId, { sessionId: session.sessionId, commandId: null })}
                  selected={session.sessionId === selected}
                  onSelect={() => onSelect(session.sessionId)}
                >
                  <SessionRow session={session} />
                </RowLink>
              </li>
            ))}
          </ul>
        )}
        {matching?.length === 0 && own > 0 && (
          <p role="status" className="px-3 py-3 text-body text-ink-3">
            No session matches “<OutsideText text={filter} />
            ”.
          </p>
        )}
        {sessions && own === 0 && children}
      </PaneBody>
    </Pane>
  )
}

const entrypointSession = 'entrypoint'

function isListed(session: SessionSummary): boolean {
  return session.sessionId !== entrypointSession
}

function SessionRow({ session }: { session: SessionSummary }) {
  return (
    <>
      <span className="block truncate font-mono text-body" title={visibleText(session.sessionId)}>
        <OutsideText text={session.sessionId} />
      </span>
      <span className="mt-0.5 flex items-center gap-2 text-label text-ink-3">
        <StateChip display={sessionDisplay(session)}>{shortWord(session)}</StateChip>
        <span className="truncate">{sessionFacts(session)}</span>
        <UnverifiedMark verified={session.verified} unverifiedReason={session.unverifiedReason} />
      </span>
    </>
  )
}

function sessionFacts(session: SessionSummary): string {
  if (session.system) return 'system'
  if (session.queuedCount > 0) return `${session.queuedCount} queued`
  const many = counted(session.commandCount, 'command')
  return session.state === 'ended' ? `ended · ${many}` : many
}

/** A shorter word that fits into the column. */
function shortWord({ state, exitCode, signal, lastVerdict }: SessionSummary): string | undefined {
  if (state === 'ended') return signal ? 'killed' : exitCode === null ? 'unknown' : `exit ${exitCode}`
  if (state !== 'idle' || lastVerdict?.state !== 'killed') return undefined
  return isRequestedEnd(lastVerdict.reason) ? undefined : 'killed'
}
