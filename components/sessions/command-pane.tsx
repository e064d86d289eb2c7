'use client'
import { useQuery } from '@tanstack/react-query'
import { useApiAccess } from '@/components/execution/api-access'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { ErrorState } from '@/components/ui/error-state'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { Pane, PaneBody, PaneHeader } from '@/components/ui/pane'
import { SkeletonRows } from '@/components/ui/skeleton'
import type { SessionDetail } from '@/lib/process-api/process'
import { toCallFailure } from '@/lib/queries/call-failure'
import { sessionQuery } from '@/lib/queries/reads'
import { runCommandCall } from './calls'
import { CommandComposer } from './command-composer'
import { CommandList } from './command-list'
import { DeleteSession } from './delete-session'

/** The commands of one session and the composer for the next one. */
export function CommandPane({
  sandboxId,
  sessionId,
  selected,
  disabled,
  isNew,
  onSelect,
  onDeleted,
  onRenew,
}: {
  sandboxId: string
  sessionId: string
  selected: string | null
  /** Why the sandbox cannot be changed now, or null. */
  disabled: string | null
  /** The session was just created here. */
  isNew: boolean
  onSelect: (commandId: string) => void
  onDeleted: () => void
  /** Opens the form for a new session in the same directory. */
  onRenew: (session: SessionDetail) => void
}) {
  const target = useTarget()
  const { data: session, error, refetch } = useQuery(sessionQuery(target, sandboxId, sessionId))
  const failure = error ? toCallFailure(error) : null
  const isMissing = failure?.status === 404
  return (
    <Pane label={`Commands in ${sessionId}`}>
      <PaneHeader
        title={
          <>
            Commands in{' '}
            <span className="font-mono text-ink">
              <OutsideText text={sessionId} />
            </span>
          </>
        }
        actions={
          <>
            <span className="pr-1 text-label text-ink-3 max-xl:hidden">newest first</span>
            {session && !session.system && !isMissing && (
              <DeleteSession
                sandboxId={sandboxId}
                session={session}
                disabled={disabled !== null}
                onDeleted={onDeleted}
              />
            )}
          </>
        }
      />
      {session?.system && session.message && (
        <p className="shrink-0 border-b border-line bg-raised px-3 py-1.5 text-body text-ink-2">
          <OutsideText text={session.message} />
        </p>
      )}
      {session?.state === 'ended' && !session.system && !isMissing && (
        <EndedNotice session={session} disabled={disabled !== null} onRenew={() => onRenew(session)} />
      )}
      <PaneBody>
        {failure && (isMissing || !session) && (
          <ErrorState
            failure={isMissing ? notFound : failure}
            onRetry={isMissing ? undefined : () => refetch()}
            details={`session ${sessionId}`}
          />
        )}
        {!session && !error && <SkeletonRows tall rows={4} label="Loading the commands" />}
        {session && !isMissing && session.commands.length > 0 && (
          <CommandList
            sandboxId={sandboxId}
            sessionId={sessionId}
            commands={session.commands}
            selected={selected}
            onSelect={onSelect}
          />
        )}
        {session && !isMissing && session.commands.length === 0 && (
          <NoCommands sandboxId={sandboxId} session={session} />
        )}
      </PaneBody>
      {session && !isMissing && !session.system && session.state !== 'ended' && (
        <CommandComposer
          key={sessionId}
          sandboxId={sandboxId}
          session={session}
          disabled={disabled}
          focused={isNew}
          onStarted={onSelect}
        />
      )}
    </Pane>
  )
}

const notFound = {
  code: 'NOT_FOUND',
  message: 'This session does not exist.',
  hint: 'It may have been deleted. Select another session, or create one.',
}

function NoCommands({ sandboxId, session }: { sandboxId: string; session: SessionDetail }) {
  const api = useApiAccess(sandboxId)
  if (session.system) {
    return (
      <p className="px-3 py-3 text-body text-ink-3">The system session shows what the sandbox ran when it started.</p>
    )
  }
  if (session.state === 'ended')
    return <p className="px-3 py-3 text-body text-ink-3">No commands ran in this session.</p>
  return (
    <EmptyState title="No commands yet." call={runCommandCall(api, sandboxId, session.sessionId, 'echo hello')}>
      Type a command below and press Enter.
      {session.cwd && (
        <>
          {' '}
          Commands run in{' '}
          <code>
            <OutsideText text={session.cwd} />
          </code>
          .
        </>
      )}
    </EmptyState>
  )
}

/** Why and when the shell ended, and a button for a new session. */
function EndedNotice({
  session,
  disabled,
  onRenew,
}: {
  session: SessionDetail
  disabled: boolean
  onRenew: () => void
}) {
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-raised px-3 py-1.5 text-body">
      <p className="min-w-48 flex-1">
        <OutsideText text={endedWord(session)} />
        {session.endedAt && (
          <>
            {' '}
            <LocalTime iso={session.endedAt} className="whitespace-nowrap text-ink-3" />
          </>
        )}
      </p>
      <Button size="sm" disabled={disabled} onClick={onRenew}>
        New session in the same directory
      </Button>
    </div>
  )
}

function endedWord(session: SessionDetail): string {
  if (session.message) return session.message
  if (session.signal) return `The shell was killed by ${session.signal}.`
  if (session.exitCode !== null) return `The shell exited with code ${session.exitCode}.`
  return 'The shell ended; the cause is unknown.'
}
