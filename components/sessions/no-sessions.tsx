import { useApiAccess } from '@/components/execution/api-access'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { createSessionCall } from './calls'

/** Explains sessions and offers to create the first one. */
export function NoSessions({
  sandboxId,
  canCreate,
  onCreate,
}: {
  sandboxId: string
  canCreate: boolean
  onCreate: () => void
}) {
  const api = useApiAccess(sandboxId)
  return (
    <EmptyState
      title="No sessions yet."
      action={
        <Button variant="primary" hotkey="new.here" disabled={!canCreate} onClick={onCreate}>
          New session
        </Button>
      }
      call={createSessionCall(api, sandboxId, 'build')}
    >
      A session is a long-lived shell. Its directory and variables carry over between commands.
    </EmptyState>
  )
}
