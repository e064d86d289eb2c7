'use client'
import { X } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { Button, IconButton } from '@/components/ui/button'
import { Dialog } from '@/components/ui/dialog'
import { Field, Select, TextInput } from '@/components/ui/field'
import { OutsideText } from '@/components/ui/outside-text'
import { formatRule, type WallRule, type WallState } from './wall-state'

const leaveChoices = [
  { seconds: 10, label: 'after 10 seconds' },
  { seconds: 60, label: 'after 1 minute' },
  { seconds: 600, label: 'after 10 minutes' },
  { seconds: 3600, label: 'after 1 hour' },
  { seconds: null, label: 'never' },
]

/** Which sessions join the wall by themselves, and when they leave. */
export function RulesDialog({
  open,
  onOpenChange,
  rules,
  leaveSeconds,
  onChange,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  rules: readonly WallRule[]
  leaveSeconds: number | null
  onChange: (change: Partial<WallState>) => void
}) {
  const isListed = leaveChoices.some(({ seconds }) => seconds === leaveSeconds)
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Rules"
      description="A session that matches a rule joins when it runs a command."
    >
      {rules.length > 0 && (
        <ul aria-label="Rules" className="mb-4 border-t border-line">
          {rules.map((rule) => (
            <li key={formatRule(rule)} className="flex min-h-8 items-center gap-2 border-b border-line">
              <span className="min-w-0 flex-1 truncate font-mono text-label">
                <OutsideText text={ruleText(rule)} />
              </span>
              <IconButton
                size="sm"
                label={`Remove rule ${formatRule(rule)}`}
                icon={<X strokeWidth={1.5} />}
                onClick={() => onChange({ rules: rules.filter((one) => one !== rule) })}
              />
            </li>
          ))}
        </ul>
      )}
      <RuleForm
        onAdd={(rule) => {
          const isKnown = rules.some((one) => formatRule(one) === formatRule(rule))
          if (!isKnown) onChange({ rules: [...rules, rule] })
        }}
      />
      <Field label="Ended panes leave" className="mt-4">
        {(slot) => (
          <Select
            value={String(leaveSeconds)}
            onChange={({ target: { value } }) => onChange({ leaveSeconds: value === 'null' ? null : Number(value) })}
            {...slot}
          >
            {!isListed && <option value={String(leaveSeconds)}>after {leaveSeconds} seconds</option>}
            {leaveChoices.map(({ seconds, label }) => (
              <option key={label} value={String(seconds)}>
                {label}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </Dialog>
  )
}

function RuleForm({ onAdd }: { onAdd: (rule: WallRule) => void }) {
  const [label, setLabel] = useState('')
  const [name, setName] = useState('')
  const [session, setSession] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onAdd({ label: compact(label), name: compact(name), session: compact(session) })
    setLabel('')
    setName('')
    setSession('')
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label="Label of the sandbox" optional>
        {(slot) => (
          <TextInput
            mono
            maxLength={200}
            placeholder="team=api"
            value={label}
            onChange={(event) => setLabel(event.target.value)}
            {...slot}
          />
        )}
      </Field>
      <Field label="Name of the sandbox" optional>
        {(slot) => (
          <TextInput
            mono
            maxLength={200}
            placeholder="api-*"
            value={name}
            onChange={(event) => setName(event.target.value)}
            {...slot}
          />
        )}
      </Field>
      <Field label="Session" optional hint="* stands for any text, ? for one character.">
        {(slot) => (
          <TextInput
            mono
            maxLength={200}
            placeholder="build*"
            value={session}
            onChange={(event) => setSession(event.target.value)}
            {...slot}
          />
        )}
      </Field>
      <Button type="submit" className="self-start">
        Add rule
      </Button>
    </form>
  )
}

/** White space separates the terms of a rule in the address; `?` matches it. */
function compact(text: string): string {
  return text.trim().replaceAll(/\s/g, '?')
}

function ruleText(rule: WallRule): string {
  const text = formatRule(rule)
  return text === '*' ? 'every session of every running sandbox' : text
}
