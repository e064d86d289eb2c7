'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Download, Play, Trash2 } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { replayAddress } from '@/components/target/replay-address'
import { useTarget } from '@/components/target/target-provider'
import { Button, IconButton } from '@/components/ui/button'
import { ConfirmPopover } from '@/components/ui/confirm-popover'
import { EmptyState } from '@/components/ui/empty-state'
import { ErrorState } from '@/components/ui/error-state'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { Pane, PaneBody, PaneHeader } from '@/components/ui/pane'
import { formatBytes, formatDuration } from '@/components/ui/quantity'
import { SkeletonRows } from '@/components/ui/skeleton'
import { deleteRecording } from '@/lib/actions/pty/delete-recording'
import type { PtyRecording } from '@/lib/process-api/pty'
import { toCallFailure } from '@/lib/queries/call-failure'
import { queryKeys } from '@/lib/queries/query-keys'
import { targetPath } from '@/lib/queries/read'
import { recordingsQuery } from '@/lib/queries/reads'
import { unwrapAction } from '@/lib/queries/unwrap-action'

/** The recordings of a sandbox's terminals, newest first, also of those that have ended. */
export function RecordingList({ sandboxId, action }: { sandboxId: string; action: ReactNode }) {
  const target = useTarget()
  const { data, error, refetch } = useQuery(recordingsQuery(target, sandboxId))
  if (!data && error) {
    return (
      <ErrorState
        failure={toCallFailure(error)}
        onRetry={() => refetch()}
        details={`recordings of ${sandboxId}`}
        action={action}
      />
    )
  }
  if (!data) return <SkeletonRows rows={4} label="Loading the recordings" />
  return (
    <Pane label="Recordings">
      <PaneHeader title="Recordings of terminals" actions={action} />
      <PaneBody>
        {data.length === 0 ? (
          <EmptyState title="No recordings yet.">
            Record a terminal from its menu, or drop an asciicast file here. Commands, runs and cells need no recording:
            replay them from the menu of their log.
          </EmptyState>
        ) : (
          <ul aria-label="Recordings">
            {data.map((recording) => (
              <Row key={recording.id} sandboxId={sandboxId} recording={recording} />
            ))}
          </ul>
        )}
      </PaneBody>
    </Pane>
  )
}

function Row({ sandboxId, recording }: { sandboxId: string; recording: PtyRecording }) {
  const target = useTarget()
  const cache = useQueryClient()
  const { id, ptyId, startedAt, endedAt, bytes, message } = recording
  const remove = useMutation({
    mutationFn: () => unwrapAction(deleteRecording({ target, sandboxId, recordingId: id })),
    onSettled: () => cache.invalidateQueries({ queryKey: queryKeys.recordings(target, sandboxId) }),
  })
  const length = endedAt === null ? 'in progress' : formatDuration(Date.parse(endedAt) - Date.parse(startedAt))
  return (
    <li className="flex min-h-10 flex-wrap items-center gap-x-3 border-b border-line px-3 py-1">
      <div className="min-w-0 flex-1">
        <p className="truncate font-mono text-body">
          <OutsideText text={ptyId} />
        </p>
        <p className="truncate text-label text-ink-3">
          <LocalTime iso={startedAt} /> · {length} · {formatBytes(bytes)}
          {message && (
            <>
              {' · '}
              <OutsideText text={message} />
            </>
          )}
        </p>
      </div>
      <Button asChild size="sm">
        <Link href={replayAddress(target, sandboxId, { kind: 'recording', recordingId: id })}>
          <Play size={14} strokeWidth={1.5} aria-hidden="true" />
          Replay
        </Link>
      </Button>
      <Button asChild size="sm">
        <a href={targetPath(target, 'sandboxes', sandboxId, 'recordings', id)}>
          <Download size={14} strokeWidth={1.5} aria-hidden="true" />
          Download
        </a>
      </Button>
      <ConfirmPopover
        title="Delete this recording?"
        confirm="Delete recording"
        trigger={
          <IconButton
            size="sm"
            label={`Delete the recording of ${ptyId}`}
            disabled={endedAt === null}
            icon={<Trash2 strokeWidth={1.5} />}
          />
        }
        onConfirm={() => remove.mutateAsync()}
        error={remove.error && toCallFailure(remove.error).message}
      >
        This cannot be undone.
      </ConfirmPopover>
    </li>
  )
}
