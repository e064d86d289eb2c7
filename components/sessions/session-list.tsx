'use client'
import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useCallPlace } from '@/components/shell/call-place'
import { useTarget } from '@/components/shell/target-provider'
import { Button, IconButton } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { ErrorState } from '@/components/ui/error-state'
import { Pane, PaneBody, PaneHeader } from '@/components/ui/pane'
import { SkeletonRows } from '@/components/ui/skeleton'
import { StateChip } from '@/components/ui/state-chip'
import { sessionLook } from '@/components/ui/state-look'
import { toCallFailure } from '@/lib/live/call-failure'
import { sessionQuery, sessionsQuery } from '@/lib/live/reads'
import type { SessionSummary } from '@/lib/process-api/process'
import { createSessionCall } from './calls'
import { placePath } from './place'
import { moveOverRows, RowLink } from './row-link'
import { sortSessions } from './sort-sessions'

/** The sessions of a sandbox, newest first, the system's own last. */
export function SessionList({
  sandboxId,
  chosen,
  onChoose,
  onCreate,
  canCreate,
}: {
  sandboxId: string
  chosen: string | null
  onChoose: (sessionId: string) => void
  onCreate: () => void
  canCreate: boolean
}) {
  const target = useTarget()
  const place = useCallPlace(sandboxId)
  const { data: sessions, error, refetch } = useQuery(sessionsQuery(target, sandboxId))
  // The protocol's list leaves out what the sandbox ran when it started. Targets without it answer "not found".
  const { data: entrypoint } = useQuery(sessionQuery(target, sandboxId, entrypointSession))
  const shown = sessions && sortSessions(entrypoint ? [...sessions.filter(isListed), entrypoint] : sessions)
  const own = sessions?.filter((session) => !session.system).length ?? 0
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
      <PaneBody>
        {!sessions && error && <ErrorState failure={toCallFailure(error)} onRetry={() => refetch()} />}
        {!sessions && !error && <SkeletonRows tall rows={4} label="Loading the sessions" />}
        {shown && (
          <ul aria-label="Sessions" onKeyDown={moveOverRows}>
            {shown.map((session) => (
              <li key={session.sessionId}>
                <RowLink
                  href={placePath(target, sandboxId, { sessionId: session.sessionId, commandId: null })}
                  chosen={session.sessionId === chosen}
                  onChoose={() => onChoose(session.sessionId)}
                >
                  <SessionRow session={session} />
                </RowLink>
              </li>
            ))}
          </ul>
        )}
        {sessions && own === 0 && (
          <EmptyState
            title="No sessions yet."
            action={
              <Button variant="primary" hotkey="new.here" disabled={!canCreate} onClick={onCreate}>
                New session
              </Button>
            }
            call={createSessionCall(place, sandboxId, 'build')}
          >
            A session is one shell that stays: what a command changes, such as the folder or a variable, the next one
            finds.
          </EmptyState>
        )}
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
      <span className="block truncate font-mono text-body">{session.sessionId}</span>
      <span className="mt-0.5 flex items-center gap-2 text-label text-ink-3">
        <StateChip look={sessionLook(session)}>{endWord(session)}</StateChip>
        <span className="truncate">{sessionFacts(session)}</span>
      </span>
    </>
  )
}

function sessionFacts(session: SessionSummary): string {
  if (session.system) return 'system'
  if (session.queuedCount > 0) return `${session.queuedCount} queued`
  return `${session.commandCount} ${session.commandCount === 1 ? 'command' : 'commands'}`
}

/** How the shell ended, as short as a command's verdict; nothing while it lives. */
function endWord(session: SessionSummary): string | undefined {
  if (session.state !== 'ended') return undefined
  if (session.signal) return 'killed'
  return session.exitCode === null ? 'ended' : `exit ${session.exitCode}`
}
