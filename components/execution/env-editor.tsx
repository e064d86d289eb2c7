'use client'
import { Plus, X } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useState } from 'react'
import { Button, IconButton } from '@/components/ui/button'
import { smallControlDisplay, TextInput } from '@/components/ui/field'
import { HiddenNote } from '@/components/ui/hidden-note'
import { type EnvRow, envRow } from './draft'
import { envNameProblem } from './run-request'

/** The environment of the next run: a button with the number of variables, which opens the table to edit them. */
export function EnvEditor({
  rows,
  invalid,
  onChange,
}: {
  rows: readonly EnvRow[]
  invalid: boolean
  onChange: (rows: EnvRow[]) => void
}) {
  const count = rows.filter((row) => row.name !== '').length
  const [blank] = useState(() => envRow('', ''))
  const visibleRows = rows.length > 0 ? rows : [blank]
  const edit = (key: string, change: Partial<EnvRow>) =>
    onChange(visibleRows.map((row) => (row.key === key ? { ...row, ...change } : row)))
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <Button size="sm" aria-invalid={invalid || undefined} className={invalid ? 'border-fail!' : undefined}>
          Environment
          <span className="font-mono text-meta text-ink-3">{count}</span>
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          aria-label="Environment"
          align="start"
          sideOffset={6}
          collisionPadding={8}
          className="z-50 w-[min(480px,calc(100vw-16px))] animate-overlay-in rounded-overlay border border-line bg-surface p-3 shadow-overlay outline-none"
        >
          <p className="text-body font-semibold">Environment</p>
          <p className="text-label text-ink-3">
            Added to the sandbox’s environment for the next runs. Saved in this browser with the draft.
          </p>
          <ul className="mt-2 flex max-h-[50vh] flex-col gap-1.5 overflow-auto p-0.5">
            {visibleRows.map((row, index) => (
              <Row
                key={row.key}
                row={row}
                number={index + 1}
                others={visibleRows.filter((other) => other !== row).map((other) => other.name)}
                onEdit={(change) => edit(row.key, change)}
                onRemove={() => onChange(visibleRows.filter((other) => other !== row))}
              />
            ))}
          </ul>
          <div className="mt-2 flex justify-between">
            <Button
              size="sm"
              icon={<Plus strokeWidth={1.5} />}
              onClick={() => onChange([...visibleRows, envRow('', '')])}
            >
              Add variable
            </Button>
            <Popover.Close asChild>
              <Button size="sm" variant="ghost">
                Done
              </Button>
            </Popover.Close>
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function Row({
  row,
  number,
  others,
  onEdit,
  onRemove,
}: {
  row: EnvRow
  number: number
  others: readonly string[]
  onEdit: (change: Partial<EnvRow>) => void
  onRemove: () => void
}) {
  const problem = row.name === '' && row.value === '' ? null : envNameProblem(row.name, others)
  const problemId = `${row.key}-problem`
  return (
    <li>
      <div className="flex items-center gap-1.5">
        <TextInput
          mono
          small
          aria-label={`Name of variable ${number}`}
          aria-invalid={problem !== null || undefined}
          aria-describedby={problem ? problemId : undefined}
          placeholder="NAME"
          className="w-2/5"
          value={row.name}
          onChange={(event) => onEdit({ name: event.target.value })}
        />
        <span aria-hidden="true" className="text-ink-3">
          =
        </span>
        <textarea
          aria-label={`Value of variable ${number}`}
          rows={1}
          spellCheck={false}
          placeholder="value"
          className={`${smallControlDisplay} field-sizing-content max-h-24 min-h-6 flex-1 resize-none py-[3px] font-mono pointer-coarse:h-auto pointer-coarse:min-h-11 pointer-coarse:py-[13px]`}
          value={row.value}
          onChange={(event) => onEdit({ value: event.target.value })}
        />
        <IconButton
          size="sm"
          label={`Remove ${row.name || `variable ${number}`}`}
          icon={<X strokeWidth={1.5} />}
          onClick={onRemove}
        />
      </div>
      <HiddenNote name="The value" value={row.value} />
      {problem && (
        <p id={problemId} className="mt-0.5 text-label text-fail">
          {problem}
        </p>
      )}
    </li>
  )
}
