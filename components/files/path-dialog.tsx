'use client'
import { type FormEvent, useState } from 'react'
import { Dialog } from '@/components/ui/dialog'
import { Field, TextInput } from '@/components/ui/field'
import { FormActions } from '@/components/ui/form-actions'
import { resolvePath } from './paths'

const maxNameBytes = 255

/** What the dialog asks for. */
export interface PathRequest {
  title: string
  label: string
  confirm: string
  /** The folder to which the typed path is relative. */
  folder: string
  initial: string
  /** Performs the change; its failure is shown in the dialog. */
  submit: (path: string) => Promise<unknown>
}

/** Asks for a name or path, for new, renamed, moved and copied files. */
export function PathDialog({ request, onClose }: { request: PathRequest | null; onClose: () => void }) {
  return (
    <Dialog open={request !== null} onOpenChange={(open) => !open && onClose()} title={request?.title ?? ''}>
      {request && <PathForm request={request} onDone={onClose} />}
    </Dialog>
  )
}

function PathForm({ request, onDone }: { request: PathRequest; onDone: () => void }) {
  const [typed, setTyped] = useState(request.initial)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const problem = problemOf(typed)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (busy || problem !== null || typed === '') return
    setBusy(true)
    setError(null)
    try {
      await request.submit(resolvePath(request.folder, typed))
      onDone()
    } catch (thrown) {
      setError(thrown)
      setBusy(false)
    }
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label={request.label} hint={`Relative to ${request.folder}, or an absolute path.`} error={problem}>
        {(slot) => (
          <TextInput mono autoFocus value={typed} onChange={(event) => setTyped(event.target.value)} {...slot} />
        )}
      </Field>
      <FormActions error={error} busy={busy} disabled={problem !== null || typed === ''} onCancel={onDone}>
        {request.confirm}
      </FormActions>
    </form>
  )
}

function problemOf(typed: string): string | null {
  const isTooLong = typed.split('/').some((name) => new TextEncoder().encode(name).length > maxNameBytes)
  return isTooLong ? `A name has at most ${maxNameBytes} bytes.` : null
}
