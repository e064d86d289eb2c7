'use client'
import { type FormEvent, useState } from 'react'
import { Dialog } from '@/components/ui/dialog'
import { Field, TextInput } from '@/components/ui/field'
import { FormActions } from '@/components/ui/form-actions'
import type { FileInfo } from '@/lib/process-api/files'
import { useSetPermissions } from './file-mutations'

const people = ['Owner', 'Group', 'Others']
const rights = ['Read', 'Write', 'Execute']

/** Sets the permission bits, as check boxes or as an octal number. */
export function PermissionsDialog({
  sandboxId,
  path,
  info,
  open,
  onClose,
}: {
  sandboxId: string
  path: string
  info: FileInfo
  open: boolean
  onClose: () => void
}) {
  return (
    <Dialog open={open} onOpenChange={(next) => !next && onClose()} title="Permissions">
      <PermissionsForm sandboxId={sandboxId} path={path} info={info} onDone={onClose} />
    </Dialog>
  )
}

function PermissionsForm({
  sandboxId,
  path,
  info,
  onDone,
}: {
  sandboxId: string
  path: string
  info: FileInfo
  onDone: () => void
}) {
  const set = useSetPermissions(sandboxId)
  const [mode, setMode] = useState(info.permissions.slice(-3))
  const isValid = /^[0-7]{3,4}$/.test(mode)
  const bits = isValid ? Number.parseInt(mode, 8) : 0
  const toggle = (bit: number) => setMode((bits ^ bit).toString(8).padStart(3, '0'))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isValid && !set.isPending) set.mutate({ path, mode }, { onSuccess: onDone })
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <table className="text-body">
        <thead>
          <tr>
            <td />
            {rights.map((right) => (
              <th key={right} scope="col" className="pb-1 text-label font-medium text-ink-2">
                {right}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {people.map((person, row) => (
            <tr key={person}>
              <th scope="row" className="py-1 text-left text-label font-medium text-ink-2">
                {person}
              </th>
              {rights.map((right, column) => {
                const bit = 0o400 >> (row * 3 + column)
                return (
                  <td key={right} className="text-center">
                    <input
                      type="checkbox"
                      aria-label={`${person}: ${right}`}
                      className="size-4 accent-(--accent) pointer-coarse:size-6"
                      checked={(bits & bit) !== 0}
                      disabled={!isValid}
                      onChange={() => toggle(bit)}
                    />
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <Field label="Octal" error={!isValid && 'Use three or four digits from 0 to 7, such as 644.'}>
        {(slot) => (
          <TextInput mono maxLength={4} value={mode} onChange={(event) => setMode(event.target.value)} {...slot} />
        )}
      </Field>
      <FormActions error={set.error} busy={set.isPending} disabled={!isValid} onCancel={onDone}>
        Set permissions
      </FormActions>
    </form>
  )
}
