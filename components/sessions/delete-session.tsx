'use client'
import { useQuery } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useId, useState } from 'react'
import { useDeleteSession } from '@/components/execution/session-mutations'
import { useTarget } from '@/components/target/target-provider'
import { Button, IconButton } from '@/components/ui/button'
import { OutsideText } from '@/components/ui/outside-text'
import { formatCoarseAge } from '@/components/ui/quantity'
import { visibleText } from '@/lib/display/visible-text'
import type { LiveProcess } from '@/lib/process-api/extensions'
import type { SessionSummary } from '@/lib/process-api/process'
import { toCallFailure } from '@/lib/queries/call-failure'
import { sessionProcessesQuery } from '@/lib/queries/reads'

/** Deletes a session after listing its running processes, each of which the user can keep. */
export function DeleteSession({
  sandboxId,
  session,
  disabled,
  onDeleted,
}: {
  sandboxId: string
  session: SessionSummary
  /** Sessions of a stopped sandbox cannot be deleted. */
  disabled: boolean
  onDeleted: () => void
}) {
  const [open, setOpen] = useState(false)
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <IconButton size="sm" label="Delete session" disabled={disabled} icon={<Trash2 strokeWidth={1.5} />} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          role="alertdialog"
          aria-label={visibleText(`Delete session ${session.sessionId}`)}
          align="end"
          sideOffset={6}
          collisionPadding={8}
          className="z-50 w-[min(400px,calc(100vw-24px))] animate-overlay-in rounded-overlay border border-line bg-surface p-3 shadow-overlay outline-none"
        >
          <Question sandboxId={sandboxId} session={session} onDone={() => setOpen(false)} onDeleted={onDeleted} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function Question({
  sandboxId,
  session,
  onDone,
  onDeleted,
}: {
  sandboxId: string
  session: SessionSummary
  onDone: () => void
  onDeleted: () => void
}) {
  const { sessionId } = session
  const target = useTarget()
  const { data: processes, error, isPending } = useQuery(sessionProcessesQuery(target, sandboxId, sessionId))
  const [keptPids, setKeptPids] = useState<readonly number[]>([])
  const deletion = useDeleteSession(sandboxId)
  const killed = processes ? processes.filter((one) => !keptPids.includes(one.pid)).length : 0
  const submit = () =>
    deletion.mutate(
      { sessionId, keepPids: processes?.filter((one) => keptPids.includes(one.pid)).map((one) => one.pid) ?? [] },
      {
        onSuccess: () => {
          onDone()
          onDeleted()
        },
      },
    )
  return (
    <>
      <p className="text-body font-semibold">
        Delete session{' '}
        <span className="font-mono">
          <OutsideText text={sessionId} />
        </span>
        ?
      </p>
      <p className="mt-1 text-body text-ink-2">
        {session.commandCount === 1
          ? 'The command in this session and its output are'
          : `The ${session.commandCount} commands in this session and their output are`}{' '}
        permanently deleted.
      </p>
      {isPending && <p className="mt-2 text-label text-ink-3">Looking for running processes…</p>}
      {error && (
        <p role="alert" className="mt-2 text-body text-time">
          Can’t list the running processes: <OutsideText text={toCallFailure(error).message} /> Deleting the session
          kills all of them.
        </p>
      )}
      {processes && processes.length === 0 && <p className="mt-2 text-label text-ink-3">No processes are running.</p>}
      {processes && processes.length > 0 && (
        <ProcessChoices
          processes={processes}
          keptPids={keptPids}
          onToggle={(pid) =>
            setKeptPids(keptPids.includes(pid) ? keptPids.filter((one) => one !== pid) : [...keptPids, pid])
          }
        />
      )}
      {deletion.error && (
        <p role="alert" className="mt-2 text-body text-fail">
          <OutsideText text={toCallFailure(deletion.error).message} />
        </p>
      )}
      <div className="mt-3 flex justify-end gap-2">
        <Popover.Close asChild>
          <Button variant="ghost">Cancel</Button>
        </Popover.Close>
        <Button variant="danger" busy={deletion.isPending} disabled={isPending} onClick={submit}>
          {deleteWord(killed, keptPids.length)}
        </Button>
      </div>
    </>
  )
}

function ProcessChoices({
  processes,
  keptPids,
  onToggle,
}: {
  processes: readonly LiveProcess[]
  keptPids: readonly number[]
  onToggle: (pid: number) => void
}) {
  const id = useId()
  return (
    <fieldset className="mt-2">
      <legend className="text-label font-medium text-ink-2">Still running. Select what to keep.</legend>
      <ul className="mt-1 max-h-60 overflow-auto rounded-control border border-line">
        {processes.map((process) => (
          <li key={process.pid} className="border-b border-line last:border-b-0">
            <label
              htmlFor={`${id}-${process.pid}`}
              className="flex items-start gap-2 px-2 py-1.5 hover:bg-hover pointer-coarse:min-h-11"
            >
              <input
                id={`${id}-${process.pid}`}
                type="checkbox"
                className="mt-0.5 size-4 shrink-0 accent-(--accent)"
                checked={keptPids.includes(process.pid)}
                onChange={() => onToggle(process.pid)}
              />
              <span className="min-w-0 flex-1">
                <span
                  className="block truncate font-mono text-label"
                  title={visibleText(process.command, { lines: true })}
                >
                  <OutsideText text={process.command} />
                </span>
                <span className="text-meta text-ink-3">
                  {process.pid}
                  {process.ageSeconds !== null && ` · ${formatCoarseAge(process.ageSeconds * 1000)}`}
                  {' · '}
                  {keptPids.includes(process.pid) ? 'will keep running' : 'will be killed'}
                </span>
              </span>
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  )
}

function deleteWord(killed: number, keptCount: number): string {
  if (killed + keptCount === 0) return 'Delete'
  const parts = [killed > 0 && `kill ${killed}`, keptCount > 0 && `keep ${keptCount}`].filter(Boolean)
  return `Delete, ${parts.join(', ')}`
}
