'use client'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Button } from '@/components/ui/button'
import { Field, TextInput } from '@/components/ui/field'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { toCallFailure } from '@/lib/queries/call-failure'
import { type IntervalKind, useSetInterval } from './info-mutations'
import { formatMinutes, parseMinutes } from './minutes'
import { Section } from './section'

/** When a sandbox is stopped, archived and deleted by itself. */
export function IntervalsSection({ sandbox }: { sandbox: SandboxDto }) {
  const { autoStopInterval = 0, autoArchiveInterval, autoDeleteInterval = -1, autoDestroyAt } = sandbox
  return (
    <Section title="Intervals">
      <IntervalForm
        sandboxId={sandbox.id}
        kind="auto-stop"
        label="Stop when idle for"
        hint="A running command counts as activity, reading does not. Empty: never."
        minutes={autoStopInterval > 0 ? autoStopInterval : null}
        offMinutes={0}
      />
      <IntervalForm
        sandboxId={sandbox.id}
        kind="auto-archive"
        label="Archive when stopped for"
        hint="An archive takes less disk space; starting the sandbox restores its files. Empty: 30 days, the maximum."
        minutes={autoArchiveInterval && autoArchiveInterval > 0 ? autoArchiveInterval : null}
        offMinutes={0}
        offWord="30 d"
      />
      <IntervalForm
        sandboxId={sandbox.id}
        kind="auto-delete"
        label="Delete when stopped for"
        hint="0: as soon as it stops. Empty: never."
        minutes={autoDeleteInterval >= 0 ? autoDeleteInterval : null}
        offMinutes={-1}
      />
      <IntervalForm
        sandboxId={sandbox.id}
        kind="ttl"
        label="Delete in"
        hint={
          autoDestroyAt ? (
            <>
              Will be deleted at <LocalTime iso={autoDestroyAt} />, even while it runs. Empty: never.
            </>
          ) : (
            'Deletes the sandbox, even while it runs. Empty: never.'
          )
        }
        minutes={null}
        isSet={autoDestroyAt !== undefined}
        offMinutes={0}
      />
    </Section>
  )
}

function IntervalForm({
  sandboxId,
  kind,
  label,
  hint,
  minutes,
  isSet = minutes !== null,
  offMinutes,
  offWord = 'never',
}: {
  sandboxId: string
  kind: IntervalKind
  label: string
  hint: ReactNode
  /** The current interval; null without one. */
  minutes: number | null
  isSet?: boolean
  /** What turns the interval off. */
  offMinutes: number
  offWord?: string
}) {
  const [typed, setTyped] = useState<string | null>(null)
  const save = useSetInterval(sandboxId, kind)
  const text = typed ?? (minutes === null ? '' : formatMinutes(minutes))
  const parsed = parseMinutes(text)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (parsed === undefined || save.isPending) return
    save.mutate(parsed ?? offMinutes, {
      onSuccess: () => setTyped((now) => (now === typed ? null : now)),
    })
  }
  const problem = typed !== null && parsed === undefined ? 'Use a duration such as 15 min, 2 h or 7 d.' : null
  return (
    <form onSubmit={submit}>
      <Field
        label={label}
        hint={hint}
        error={problem ?? (save.error ? <OutsideText text={toCallFailure(save.error).message} /> : undefined)}
      >
        {(slot) => (
          <span className="flex items-center gap-2">
            <TextInput
              placeholder={offWord}
              className="max-w-40"
              value={text}
              onChange={(event) => setTyped(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === 'Escape') setTyped(null)
              }}
              {...slot}
            />
            {typed !== null && (
              <Button size="lg" type="submit" busy={save.isPending} disabled={problem !== null}>
                Save
              </Button>
            )}
            {typed === null && kind === 'ttl' && isSet && (
              <Button size="lg" busy={save.isPending} onClick={() => save.mutate(offMinutes)}>
                Remove
              </Button>
            )}
            <span role="status" className="text-label text-ink-3">
              {save.isSuccess && typed === null ? 'Saved' : ''}
            </span>
          </span>
        )}
      </Field>
    </form>
  )
}
