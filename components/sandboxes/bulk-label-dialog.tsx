'use client'
import { type FormEvent, useState } from 'react'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions } from '@/components/ui/dialog'
import { Field, TextInput } from '@/components/ui/field'
import { counted } from '@/lib/display/counted'

/** Sets or removes one label of many sandboxes; their other labels stay. */
export function BulkLabelDialog({
  count,
  open,
  onOpenChange,
  onLabel,
}: {
  count: number
  open: boolean
  onOpenChange: (open: boolean) => void
  /** `value` is null to remove the label. */
  onLabel: (name: string, value: string | null) => void
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Label ${counted(count, 'sandbox', 'sandboxes')}`}
      description="Other labels stay as they are."
    >
      <LabelForm
        onCancel={() => onOpenChange(false)}
        onLabel={(name, value) => {
          onOpenChange(false)
          onLabel(name, value)
        }}
      />
    </Dialog>
  )
}

function LabelForm({
  onCancel,
  onLabel,
}: {
  onCancel: () => void
  onLabel: (name: string, value: string | null) => void
}) {
  const [name, setName] = useState('')
  const [value, setValue] = useState('')
  const isEmpty = name.trim() === ''
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isEmpty) onLabel(name.trim(), value)
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label="Name">
        {(slot) => (
          <TextInput
            mono
            autoFocus
            maxLength={256}
            placeholder="team"
            value={name}
            onChange={(event) => setName(event.target.value)}
            {...slot}
          />
        )}
      </Field>
      <Field label="Value">
        {(slot) => (
          <TextInput
            mono
            maxLength={1024}
            placeholder="api"
            value={value}
            onChange={(event) => setValue(event.target.value)}
            {...slot}
          />
        )}
      </Field>
      <DialogActions>
        <Button size="lg" variant="ghost" onClick={onCancel}>
          Cancel
        </Button>
        <Button size="lg" disabled={isEmpty} onClick={() => onLabel(name.trim(), null)}>
          Remove label
        </Button>
        <Button size="lg" variant="primary" type="submit" disabled={isEmpty}>
          Set label
        </Button>
      </DialogActions>
    </form>
  )
}
