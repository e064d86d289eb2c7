'use client'
import { Plus, X } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { Button, IconButton } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { TextInput } from '@/components/ui/field'
import { HiddenNote } from '@/components/ui/hidden-note'
import { languageLabel } from '@/lib/process-api/language-label'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { toCallFailure } from '@/lib/queries/call-failure'
import { useSetLabels } from './info-mutations'
import { type LabelRow, labelProblem, labelRows, toLabels } from './label-rows'
import { Section } from './section'

/** The labels of a sandbox, edited in place. */
export function LabelsSection({ sandbox }: { sandbox: SandboxDto }) {
  /** Null while nothing was changed, so that changes by others are shown. */
  const [edited, setEdited] = useState<readonly LabelRow[] | null>(null)
  const save = useSetLabels(sandbox.id)
  const rows = edited ?? labelRows(sandbox.labels)
  const problem = labelProblem(rows)
  const edit = (key: string, change: Partial<LabelRow>) =>
    setEdited(rows.map((row) => (row.key === key ? { ...row, ...change } : row)))
  const add = () => setEdited([...rows, { key: crypto.randomUUID(), name: '', value: '' }])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (edited === null || problem !== null || save.isPending) return
    save.mutate(toLabels(rows), {
      // What was edited while saving is kept.
      onSuccess: () => setEdited((now) => (now === edited ? null : now)),
    })
  }
  return (
    <Section
      title="Labels"
      action={
        <Button icon={<Plus strokeWidth={1.5} />} onClick={add}>
          Add label
        </Button>
      }
    >
      <form onSubmit={submit} className="flex flex-col gap-2">
        {rows.length === 0 && <p className="text-label text-ink-3">No labels.</p>}
        <ul className="flex flex-col gap-1.5">
          {rows.map((row, index) => (
            <li key={row.key}>
              <div className="flex items-center gap-1.5">
                <TextInput
                  mono
                  small
                  aria-label={`Name of label ${index + 1}`}
                  placeholder="name"
                  maxLength={256}
                  autoFocus={row.name === '' && edited !== null}
                  className="w-2/5"
                  value={row.name}
                  onChange={(event) => edit(row.key, { name: event.target.value })}
                />
                <span aria-hidden="true" className="text-ink-3">
                  =
                </span>
                <TextInput
                  mono
                  small
                  aria-label={`Value of label ${row.name || index + 1}`}
                  placeholder="value"
                  maxLength={1024}
                  className="flex-1"
                  value={row.value}
                  onChange={(event) => edit(row.key, { value: event.target.value })}
                />
                <IconButton
                  size="sm"
                  label={`Remove label ${row.name || index + 1}`}
                  icon={<X strokeWidth={1.5} />}
                  onClick={() => setEdited(rows.filter((other) => other !== row))}
                />
              </div>
              <HiddenNote name="The name" value={row.name} />
              <HiddenNote name="The value" value={row.value} />
              {row.name === languageLabel && (
                <p className="mt-0.5 text-label text-ink-3">The default language of code runs.</p>
              )}
            </li>
          ))}
        </ul>
        {problem && <p className="text-label text-fail">{problem}</p>}
        {save.error && <ErrorState compact failure={toCallFailure(save.error)} />}
        {edited !== null && (
          <div className="flex justify-end gap-2">
            <Button
              variant="ghost"
              onClick={() => {
                setEdited(null)
                save.reset()
              }}
            >
              Cancel
            </Button>
            <Button variant="primary" type="submit" disabled={problem !== null} busy={save.isPending}>
              Save labels
            </Button>
          </div>
        )}
        <p role="status" className="text-label text-ink-3 empty:hidden">
          {save.isSuccess && edited === null ? 'Saved' : ''}
        </p>
      </form>
    </Section>
  )
}
