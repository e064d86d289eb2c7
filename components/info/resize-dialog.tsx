'use client'
import { type FormEvent, useState } from 'react'
import { Dialog } from '@/components/ui/dialog'
import { Field, TextInput } from '@/components/ui/field'
import { FormActions } from '@/components/ui/form-actions'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { type Resources, useResizeSandbox } from './info-mutations'

const fields = [
  { name: 'cpu', label: 'CPU cores', hint: undefined },
  { name: 'memory', label: 'Memory in GiB', hint: undefined },
  { name: 'disk', label: 'Disk in GiB', hint: 'The disk can only grow.' },
] as const

/** Changes CPU, memory and disk of a sandbox. */
export function ResizeDialog({
  sandbox,
  open,
  onOpenChange,
}: {
  sandbox: SandboxDto
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Resize ${sandbox.name}`}
      description="A running sandbox gets the new limits at once."
    >
      <ResizeForm sandbox={sandbox} onDone={() => onOpenChange(false)} />
    </Dialog>
  )
}

function ResizeForm({ sandbox, onDone }: { sandbox: SandboxDto; onDone: () => void }) {
  const [values, setValues] = useState({
    cpu: String(sandbox.cpu),
    memory: String(sandbox.memory),
    disk: String(sandbox.disk),
  })
  const resize = useResizeSandbox(sandbox.id, onDone)
  const changes: Partial<Resources> = {}
  for (const { name } of fields) if (Number(values[name]) !== sandbox[name]) changes[name] = Number(values[name])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (resize.isPending) return
    if (Object.keys(changes).length === 0) onDone()
    else resize.mutate(changes)
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {fields.map(({ name, label, hint }) => (
        <Field key={name} label={label} hint={hint}>
          {(slot) => (
            <TextInput
              type="number"
              required
              min={name === 'disk' ? sandbox.disk : 1}
              step={1}
              value={values[name]}
              onChange={(event) => setValues({ ...values, [name]: event.target.value })}
              {...slot}
            />
          )}
        </Field>
      ))}
      <FormActions error={resize.error} busy={resize.isPending} onCancel={onDone}>
        Resize
      </FormActions>
    </form>
  )
}
