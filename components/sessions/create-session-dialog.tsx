'use client'
import { type FormEvent, useState } from 'react'
import type { EnvRow } from '@/components/execution/draft'
import { EnvEditor } from '@/components/execution/env-editor'
import { envNameProblem } from '@/components/execution/run-request'
import { useCreateSession } from '@/components/execution/session-mutations'
import { useCapabilities } from '@/components/target/use-capabilities'
import { Dialog } from '@/components/ui/dialog'
import { Field, TextInput } from '@/components/ui/field'
import { FormActions } from '@/components/ui/form-actions'
import { HiddenNote } from '@/components/ui/hidden-note'
import { idPattern } from '@/lib/process-api/id-pattern'

export interface SessionSeed {
  sessionId: string
  cwd: string
}

/** Asks for the ID, directory and environment of a new session. */
export function CreateSessionDialog({
  sandboxId,
  seed,
  taken,
  keepsFocus,
  onClose,
  onCreated,
}: {
  sandboxId: string
  /** Initial values of the form; null while it is closed. */
  seed: SessionSeed | null
  /** Existing IDs. */
  taken: readonly string[]
  /** The page has already moved the focus when the dialog closes. */
  keepsFocus: boolean
  onClose: () => void
  onCreated: (sessionId: string) => void
}) {
  return (
    <Dialog
      keepsFocus={keepsFocus}
      open={seed !== null}
      onOpenChange={(open) => !open && onClose()}
      title="New session"
      description="A long-lived shell. Its directory and variables carry over between commands."
    >
      {seed && <SessionForm sandboxId={sandboxId} seed={seed} taken={taken} onCreated={onCreated} onClose={onClose} />}
    </Dialog>
  )
}

function SessionForm({
  sandboxId,
  seed,
  taken,
  onCreated,
  onClose,
}: {
  sandboxId: string
  seed: SessionSeed
  taken: readonly string[]
  onCreated: (sessionId: string) => void
  onClose: () => void
}) {
  const [id, setId] = useState(seed.sessionId)
  const [cwd, setCwd] = useState(seed.cwd)
  const [env, setEnv] = useState<EnvRow[]>([])
  const [checked, setChecked] = useState(false)
  const create = useCreateSession(sandboxId)
  const { plain } = useCapabilities(sandboxId)
  const problem = idProblem(id, taken)
  const badEnv = env.some((row, index) => envProblem(row, env.slice(0, index)) !== null)

  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (problem !== null || badEnv || create.isPending) return
    const filled = env.filter((row) => row.name !== '')
    create.mutate(
      {
        sessionId: id,
        ...(cwd.trim() === '' ? {} : { cwd: cwd.trim() }),
        ...(filled.length === 0 ? {} : { envs: Object.fromEntries(filled.map((row) => [row.name, row.value])) }),
      },
      { onSuccess: () => onCreated(id) },
    )
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field
        label="ID"
        hint="Names the session in API calls. Letters, digits and . _ ~ : @ + -"
        error={(checked || id !== seed.sessionId) && problem}
      >
        {(slot) => <TextInput {...slot} mono autoFocus value={id} onChange={(event) => setId(event.target.value)} />}
      </Field>
      {!plain && (
        <>
          <Field label="Working directory" optional hint="Leave empty for the home directory.">
            {(slot) => (
              <TextInput
                {...slot}
                mono
                placeholder="/home/daytona"
                value={cwd}
                onChange={(event) => setCwd(event.target.value)}
              />
            )}
          </Field>
          <HiddenNote name="The directory" value={cwd} />
          <div>
            <EnvEditor rows={env} invalid={checked && badEnv} onChange={setEnv} />
          </div>
        </>
      )}
      <FormActions error={create.error} busy={create.isPending} onCancel={onClose}>
        Create session
      </FormActions>
    </form>
  )
}

function idProblem(id: string, taken: readonly string[]): string | null {
  if (id === '') return 'Enter an ID.'
  if (!idPattern.test(id)) return 'Up to 128 letters, digits and . _ ~ : @ + -'
  return taken.includes(id) ? 'A session with this ID already exists.' : null
}

function envProblem(row: EnvRow, before: readonly EnvRow[]): string | null {
  if (row.name === '' && row.value === '') return null
  return envNameProblem(
    row.name,
    before.map((other) => other.name),
  )
}
