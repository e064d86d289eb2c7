'use client'
import { type FormEvent, useState } from 'react'
import type { EnvRow } from '@/components/execution/draft'
import { EnvEditor } from '@/components/execution/env-editor'
import { envNameProblem } from '@/components/execution/run-request'
import { Dialog } from '@/components/ui/dialog'
import { Field, TextInput } from '@/components/ui/field'
import { FormActions } from '@/components/ui/form-actions'
import { HiddenNote } from '@/components/ui/hidden-note'
import { idPattern } from '@/lib/process-api/id-pattern'
import { maxTerminalSide, reservedPtyId } from '@/lib/process-api/terminal-limits'
import { type NewTerminal, useCreateTerminal } from './terminal-mutations'

/** Asks for the ID, directory, environment, command and size of a new terminal. */
export function CreateTerminalDialog({
  sandboxId,
  plain,
  open,
  taken,
  onClose,
  onCreated,
}: {
  sandboxId: string
  /** The target keeps no screens. */
  plain: boolean
  open: boolean
  /** Existing IDs. */
  taken: readonly string[]
  onClose: () => void
  /** @param command typed into the shell; null for none */
  onCreated: (terminal: NewTerminal, command: string | null) => void
}) {
  return (
    <Dialog
      keepsFocus
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="New terminal"
      description="A shell with a screen. Other people and programs can use it at the same time."
    >
      <TerminalForm sandboxId={sandboxId} plain={plain} taken={taken} onClose={onClose} onCreated={onCreated} />
    </Dialog>
  )
}

function TerminalForm({
  sandboxId,
  plain,
  taken,
  onClose,
  onCreated,
}: {
  sandboxId: string
  plain: boolean
  taken: readonly string[]
  onClose: () => void
  onCreated: (terminal: NewTerminal, command: string | null) => void
}) {
  const [id, setId] = useState(() => freeTerminalId(taken))
  const [cwd, setCwd] = useState('')
  const [command, setCommand] = useState('')
  const [size, setSize] = useState('')
  const [env, setEnv] = useState<EnvRow[]>([])
  const [checked, setChecked] = useState(false)
  const create = useCreateTerminal(sandboxId, plain)
  const grid = readSize(size)
  const problem = idProblem(id, taken)
  const badEnv = env.some((row, index) => envProblem(row, env.slice(0, index)) !== null)

  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (problem !== null || badEnv || grid === 'invalid' || create.isPending) return
    const filled = env.filter((row) => row.name !== '')
    const terminal = {
      ptyId: id,
      ...(cwd.trim() === '' ? {} : { cwd: cwd.trim() }),
      ...(filled.length === 0 ? {} : { envs: Object.fromEntries(filled.map((row) => [row.name, row.value])) }),
      ...grid,
    }
    create.mutate(terminal, { onSuccess: () => onCreated(terminal, command.trim() === '' ? null : command) })
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field
        label="ID"
        hint="Names the terminal in API calls. Letters, digits and . _ ~ : @ + -"
        error={checked && problem}
      >
        {(slot) => <TextInput {...slot} mono autoFocus value={id} onChange={(event) => setId(event.target.value)} />}
      </Field>
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
      <Field label="Command" optional hint="Typed into the shell when it has started.">
        {(slot) => (
          <TextInput
            {...slot}
            mono
            placeholder="htop"
            value={command}
            onChange={(event) => setCommand(event.target.value)}
          />
        )}
      </Field>
      <HiddenNote name="The command" value={command} />
      <Field
        label="Size"
        optional
        hint="Columns × rows. Leave empty for the size of the pane."
        error={checked && grid === 'invalid' && `Such as 120x30, at most ${maxTerminalSide} each.`}
      >
        {(slot) => (
          <TextInput
            {...slot}
            mono
            placeholder="120x30"
            value={size}
            onChange={(event) => setSize(event.target.value)}
          />
        )}
      </Field>
      <div>
        <EnvEditor rows={env} invalid={checked && badEnv} onChange={setEnv} />
      </div>
      <FormActions error={create.error} busy={create.isPending} onCancel={onClose}>
        Create terminal
      </FormActions>
    </form>
  )
}

function readSize(text: string): { cols: number; rows: number } | 'invalid' | null {
  if (text.trim() === '') return null
  const match = /^\s*(\d{1,4})\s*[x×,]\s*(\d{1,4})\s*$/i.exec(text)
  const [cols, rows] = [Number(match?.[1]), Number(match?.[2])]
  const isValid = cols >= 1 && rows >= 1 && cols <= maxTerminalSide && rows <= maxTerminalSide
  return isValid ? { cols, rows } : 'invalid'
}

function idProblem(id: string, taken: readonly string[]): string | null {
  if (id === '') return 'Enter an ID.'
  if (!idPattern.test(id) || id === reservedPtyId) return 'Up to 128 letters, digits and . _ ~ : @ + -'
  return taken.includes(id) ? 'A terminal with this ID already exists.' : null
}

function envProblem(row: EnvRow, before: readonly EnvRow[]): string | null {
  if (row.name === '' && row.value === '') return null
  return envNameProblem(
    row.name,
    before.map((other) => other.name),
  )
}

/** An unused ID for a new terminal: `sh-1`, `sh-2`, … */
export function freeTerminalId(taken: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const id = `sh-${number}`
    if (!taken.includes(id)) return id
  }
}
