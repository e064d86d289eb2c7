'use client'
import { type FormEvent, useState } from 'react'
import { Dialog } from '@/components/ui/dialog'
import { Field, TextInput } from '@/components/ui/field'
import { FormActions } from '@/components/ui/form-actions'
import { OutsideText } from '@/components/ui/outside-text'
import { counted } from '@/lib/display/counted'
import type { SandboxListItem } from '@/lib/process-api/sandbox'

const maxNames = 8

/** Deletes many sandboxes, after the user typed how many to confirm. */
export function BulkDeleteDialog({
  sandboxes,
  open,
  onOpenChange,
  onDelete,
}: {
  sandboxes: readonly SandboxListItem[]
  open: boolean
  onOpenChange: (open: boolean) => void
  onDelete: () => void
}) {
  const count = sandboxes.length
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Delete ${counted(count, 'sandbox', 'sandboxes')}?`}
      description="Everything running in them is stopped. Their files, sessions, runs and output are permanently deleted."
    >
      <ul className="mb-3 text-body text-ink-2">
        {sandboxes.slice(0, maxNames).map((sandbox) => (
          <li key={sandbox.id} className="truncate font-mono">
            <OutsideText text={sandbox.name} />
          </li>
        ))}
        {count > maxNames && <li>and {count - maxNames} more</li>}
      </ul>
      <ConfirmForm
        count={count}
        onCancel={() => onOpenChange(false)}
        onConfirm={() => {
          onOpenChange(false)
          onDelete()
        }}
      />
    </Dialog>
  )
}

function ConfirmForm({ count, onCancel, onConfirm }: { count: number; onCancel: () => void; onConfirm: () => void }) {
  const [typed, setTyped] = useState('')
  const isConfirmed = typed.trim() === String(count)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isConfirmed) onConfirm()
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label={`Type the number of sandboxes, ${count}, to confirm`}>
        {(slot) => (
          <TextInput
            mono
            autoFocus
            inputMode="numeric"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            {...slot}
          />
        )}
      </Field>
      <FormActions disabled={!isConfirmed} danger onCancel={onCancel}>
        Delete {counted(count, 'sandbox', 'sandboxes')}
      </FormActions>
    </form>
  )
}
