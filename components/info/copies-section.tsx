'use client'
import { useQuery } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import Link from 'next/link'
import { type FormEvent, useState } from 'react'
import { sandboxAddress } from '@/components/target/addresses'
import { useTarget } from '@/components/target/target-provider'
import { Button, IconButton } from '@/components/ui/button'
import { ConfirmPopover } from '@/components/ui/confirm-popover'
import { Field, TextInput } from '@/components/ui/field'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { formatBytes } from '@/components/ui/quantity'
import type { CopyProgress, SandboxDto } from '@/lib/process-api/sandbox'
import type { SnapshotDto } from '@/lib/process-api/snapshots'
import { toCallFailure } from '@/lib/queries/call-failure'
import { snapshotsQuery } from '@/lib/queries/reads'
import { useCreateSnapshot, useDeleteSnapshot, useForkSandbox } from './info-mutations'
import { Missing, Section } from './section'

/** Snapshots and forks of a sandbox. */
export function CopiesSection({ sandbox }: { sandbox: SandboxDto }) {
  const { data: snapshots, error } = useQuery(snapshotsQuery(useTarget(), sandbox.id))
  return (
    <Section title="Snapshots and forks">
      {sandbox.copy && <Progress copy={sandbox.copy} />}
      <SnapshotForm sandboxId={sandbox.id} />
      {error && <Missing>This target does not list snapshots.</Missing>}
      {snapshots && snapshots.length > 0 && (
        <ul aria-label="Snapshots of this sandbox">
          {snapshots.map((snapshot) => (
            <SnapshotRow key={snapshot.id} sandboxId={sandbox.id} snapshot={snapshot} />
          ))}
        </ul>
      )}
      <ForkForm sandbox={sandbox} />
    </Section>
  )
}

const actionWords = {
  fork: 'Forking',
  snapshot: 'Creating a snapshot',
  restore: 'Restoring files',
  archive: 'Archiving',
}

function Progress({ copy }: { copy: CopyProgress }) {
  return (
    <p role="status" className="text-label text-ink-2 tabular-nums">
      {actionWords[copy.action]}: {formatBytes(copy.copiedBytes)}
      {copy.totalBytes !== null && ` of about ${formatBytes(copy.totalBytes)}`}
    </p>
  )
}

function SnapshotForm({ sandboxId }: { sandboxId: string }) {
  const [name, setName] = useState('')
  const create = useCreateSnapshot(sandboxId)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() === '' || create.isPending) return
    create.mutate(name.trim(), { onSuccess: () => setName((typed) => (typed === name ? '' : typed)) })
  }
  return (
    <form onSubmit={submit}>
      <Field
        label="New snapshot"
        hint="Saves the files of the home directory. New sandboxes can start from them."
        error={create.error && <OutsideText text={toCallFailure(create.error).message} />}
      >
        {(slot) => (
          <span className="flex items-center gap-2">
            <TextInput
              mono
              placeholder="name"
              maxLength={128}
              className="max-w-60"
              value={name}
              onChange={(event) => setName(event.target.value)}
              {...slot}
            />
            <Button size="lg" type="submit" disabled={name.trim() === ''} busy={create.isPending}>
              Create snapshot
            </Button>
          </span>
        )}
      </Field>
      <p role="status" className="mt-1 text-label text-ink-3 empty:hidden">
        {create.data && (create.data.created ? 'Snapshot created.' : 'The files are still being copied.')}
      </p>
    </form>
  )
}

function SnapshotRow({ sandboxId, snapshot }: { sandboxId: string; snapshot: SnapshotDto }) {
  const remove = useDeleteSnapshot(sandboxId)
  return (
    <li className="flex min-h-8 items-center gap-2 border-t border-line text-body last:border-b">
      <span className="min-w-0 flex-1 truncate font-mono">
        <OutsideText text={snapshot.name} />
      </span>
      {snapshot.state !== 'active' && <span className="text-label text-ink-3">{snapshot.state}</span>}
      <span className="text-label text-ink-3">
        <LocalTime iso={snapshot.createdAt} minutes />
      </span>
      <ConfirmPopover
        trigger={
          <IconButton size="sm" label={`Delete snapshot ${snapshot.name}`} icon={<Trash2 strokeWidth={1.5} />} />
        }
        title={`Delete the snapshot ${snapshot.name}?`}
        confirm="Delete snapshot"
        onConfirm={() => remove.mutateAsync(snapshot.id)}
        error={remove.error && toCallFailure(remove.error).message}
      >
        Sandboxes that were created from it are not affected.
      </ConfirmPopover>
    </li>
  )
}

function ForkForm({ sandbox }: { sandbox: SandboxDto }) {
  const target = useTarget()
  const [name, setName] = useState('')
  const fork = useForkSandbox(sandbox.id)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (fork.isPending) return
    fork.mutate(name.trim() === '' ? undefined : name.trim(), {
      onSuccess: () => setName((typed) => (typed === name ? '' : typed)),
    })
  }
  const forked = fork.data?.sandbox
  return (
    <form onSubmit={submit}>
      <Field
        label="Fork"
        hint="Copies the files of the home directory to a new sandbox. Processes are not copied."
        error={fork.error && <OutsideText text={toCallFailure(fork.error).message} />}
      >
        {(slot) => (
          <span className="flex items-center gap-2">
            <TextInput
              mono
              placeholder={`${sandbox.name}-copy`}
              maxLength={128}
              className="max-w-60"
              value={name}
              onChange={(event) => setName(event.target.value)}
              {...slot}
            />
            <Button size="lg" type="submit" busy={fork.isPending}>
              Fork
            </Button>
          </span>
        )}
      </Field>
      <p role="status" className="mt-1 text-label text-ink-3 empty:hidden">
        {fork.data && !forked && 'The files are still being copied. The new sandbox will appear in the list.'}
        {forked && (
          <>
            Created{' '}
            <Link href={sandboxAddress(target, forked.id)} className="font-mono text-accent hover:underline">
              <OutsideText text={forked.name} />
            </Link>
            .
          </>
        )}
      </p>
    </form>
  )
}
