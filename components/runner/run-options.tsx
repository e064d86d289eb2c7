'use client'
import { ChevronDown, ChevronRight } from 'lucide-react'
import { useId, useState } from 'react'
import type { Draft, Mode } from '@/components/execution/draft'
import { EnvEditor } from '@/components/execution/env-editor'
import type { DraftProblems } from '@/components/execution/run-request'
import { Button } from '@/components/ui/button'
import { classNames } from '@/components/ui/class-names'
import { Select, TextInput } from '@/components/ui/field'
import { HiddenNote } from '@/components/ui/hidden-note'
import { OutsideText } from '@/components/ui/outside-text'

/** Options of the next run: arguments, directory, environment and timeout. */
export function RunOptions({
  mode,
  hasCwd,
  hasInput,
  draft,
  problems,
  onChange,
}: {
  mode: Mode
  /** Whether there is a working directory; code runs of the process API itself have none. */
  hasCwd: boolean
  /** Whether standard input can stay open. */
  hasInput: boolean
  draft: Draft
  problems: DraftProblems
  onChange: (change: Partial<Draft>) => void
}) {
  const id = useId()
  const [expanded, setExpanded] = useState(false)
  const messages = [problems.text, problems.arguments, problems.env, problems.timeout].filter(Boolean)
  const open = expanded || messages.length > 0
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line bg-surface px-3 py-1">
      <Button
        variant="ghost"
        size="sm"
        aria-expanded={open}
        aria-controls={`${id}-options`}
        className="-mx-2 min-w-0 md:hidden"
        icon={open ? <ChevronDown strokeWidth={1.5} /> : <ChevronRight strokeWidth={1.5} />}
        onClick={() => setExpanded(!expanded)}
      >
        <span className="truncate">
          <OutsideText text={optionsSummary(mode, draft)} />
        </span>
      </Button>
      <div
        id={`${id}-options`}
        className={classNames('w-full flex-wrap items-center gap-x-3 gap-y-1.5 md:flex', open ? 'flex' : 'hidden')}
      >
        {mode !== 'shell' && (
          <span className="flex min-w-32 flex-[2] items-center gap-1.5 max-sm:basis-full">
            <label htmlFor={`${id}-arguments`} className="shrink-0 text-label whitespace-nowrap text-ink-3">
              Arguments
            </label>
            <TextInput
              id={`${id}-arguments`}
              mono
              small
              className="w-full"
              placeholder="one 'two words'"
              aria-invalid={problems.arguments ? true : undefined}
              aria-describedby={problems.arguments ? `${id}-problems` : undefined}
              value={draft.arguments}
              onChange={(event) => onChange({ arguments: event.target.value })}
            />
          </span>
        )}
        {hasCwd && (
          <span className="flex min-w-28 flex-1 items-center gap-1.5 max-sm:basis-full">
            <label htmlFor={`${id}-cwd`} className="shrink-0 text-label whitespace-nowrap text-ink-3">
              Directory
            </label>
            <TextInput
              id={`${id}-cwd`}
              mono
              small
              className="w-full"
              placeholder="home"
              value={draft.cwd}
              onChange={(event) => onChange({ cwd: event.target.value })}
            />
          </span>
        )}
        <EnvEditor rows={draft.env} invalid={problems.env !== undefined} onChange={(env) => onChange({ env })} />
        <span className="flex items-center gap-1.5">
          <label htmlFor={`${id}-timeout`} className="shrink-0 text-label whitespace-nowrap text-ink-3">
            Timeout
          </label>
          <Select
            id={`${id}-timeout`}
            small
            value={draft.timeout === null ? 'none' : 'seconds'}
            onChange={(event) => onChange({ timeout: event.target.value === 'none' ? null : '30' })}
          >
            <option value="none">none</option>
            <option value="seconds">after</option>
          </Select>
          {draft.timeout !== null && (
            <>
              <TextInput
                small
                inputMode="numeric"
                aria-label="Timeout in seconds"
                aria-invalid={problems.timeout ? true : undefined}
                aria-describedby={problems.timeout ? `${id}-problems` : undefined}
                className="w-16 text-right"
                value={draft.timeout}
                onChange={(event) => onChange({ timeout: event.target.value })}
              />
              <span className="shrink-0 text-label whitespace-nowrap text-ink-3">s</span>
            </>
          )}
        </span>
        {hasInput && (
          <label className="inline-flex shrink-0 items-center gap-1.5 text-label text-ink-3 pointer-coarse:min-h-11">
            <input
              type="checkbox"
              className="size-4 shrink-0 accent-(--accent)"
              title="Off: programs read end-of-file"
              checked={draft.acceptsInput}
              onChange={(event) => onChange({ acceptsInput: event.target.checked })}
            />
            Input
          </label>
        )}
      </div>
      {hasCwd && <HiddenNote name="Directory" value={draft.cwd} />}
      {mode !== 'shell' && <HiddenNote name="Arguments" value={draft.arguments} />}
      {messages.length > 0 && (
        <p id={`${id}-problems`} role="alert" className="w-full text-label text-fail">
          <OutsideText text={messages.join(' ')} />
        </p>
      )}
    </div>
  )
}

/** A summary of the collapsed options, so that no active option is hidden. */
function optionsSummary(mode: Mode, draft: Draft): string {
  const variables = draft.env.filter((row) => row.name !== '').length
  return [
    draft.timeout === null ? 'No timeout' : `Timeout ${draft.timeout} s`,
    mode !== 'shell' && draft.arguments.trim() !== '' && draft.arguments.trim(),
    draft.cwd.trim() !== '' && draft.cwd.trim(),
    variables > 0 && `${variables} env`,
    !draft.acceptsInput && 'no input',
  ]
    .filter(Boolean)
    .join(' · ')
}
