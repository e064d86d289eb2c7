'use client'
import { type FormEvent, useState } from 'react'
import { Dialog } from '@/components/ui/dialog'
import { Field, TextInput } from '@/components/ui/field'
import { FormActions } from '@/components/ui/form-actions'
import { OutsideText } from '@/components/ui/outside-text'
import { visibleText } from '@/lib/display/visible-text'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { useDeleteSandbox } from './sandbox-mutations'

/** Deletes a sandbox with its files and runs, after the user typed its name to confirm. */
export function DeleteSandboxDialog({
  sandbox,
  open,
  onOpenChange,
  onDeleted,
}: {
  sandbox: Pick<SandboxListItem, 'id' | 'name'>
  open: boolean
  onOpenChange: (open: boolean) => void
  onDeleted?: () => void
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Delete ${sandbox.name}?`}
      description="Everything running in this sandbox is stopped. Its files, sessions, runs and their output are permanently deleted."
    >
      <DeleteForm
        sandbox={sandbox}
        onCancel={() => onOpenChange(false)}
        onDone={() => {
          onOpenChange(false)
          onDeleted?.()
        }}
      />
    </Dialog>
  )
}

function DeleteForm({
  sandbox,
  onCancel,
  onDone,
}: {
  sandbox: Pick<SandboxListItem, 'id' | 'name'>
  onCancel: () => void
  onDone: () => void
}) {
  const [typed, setTyped] = useState('')
  const deletion = useDeleteSandbox(onDone)
  // A name with invisible characters may be typed the way it is shown.
  const isConfirmed = typed === sandbox.name || typed === visibleText(sandbox.name)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isConfirmed && !deletion.isPending) deletion.mutate(sandbox.id)
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field
        label={
          <>
            Type{' '}
            <span className="font-mono text-ink">
              <OutsideText text={sandbox.name} />
            </span>{' '}
            to confirm
          </>
        }
      >
        {(slot) => (
          <TextInput mono autoFocus value={typed} onChange={(event) => setTyped(event.target.value)} {...slot} />
        )}
      </Field>
      <FormActions error={deletion.error} busy={deletion.isPending} disabled={!isConfirmed} danger onCancel={onCancel}>
        Delete sandbox
      </FormActions>
    </form>
  )
}
