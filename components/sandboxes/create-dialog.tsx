'use client'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { sandboxAddress } from '@/components/target/addresses'
import { codeLanguages } from '@/components/target/sandbox-language'
import { useTarget } from '@/components/target/target-provider'
import { Dialog } from '@/components/ui/dialog'
import { Field, Select, TextInput } from '@/components/ui/field'
import { FormActions } from '@/components/ui/form-actions'
import type { CodeLanguage } from '@/lib/process-api/process'
import { type ChosenNetwork, NetworkChoice } from './network-choice'
import { useCreateSandbox } from './sandbox-mutations'

/** The same rule as the engine's, checked here for feedback while typing. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** Asks for name, language and network, then opens the new sandbox's Run page. */
export function CreateSandboxDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="New sandbox">
      <CreateForm onDone={() => onOpenChange(false)} />
    </Dialog>
  )
}

function CreateForm({ onDone }: { onDone: () => void }) {
  const router = useRouter()
  const target = useTarget()
  const create = useCreateSandbox((sandbox) => {
    onDone()
    router.push(sandboxAddress(target, sandbox.id, 'run'))
  })
  const [name, setName] = useState('')
  const [language, setLanguage] = useState<CodeLanguage>('python')
  const [network, setNetwork] = useState<ChosenNetwork>({ kind: 'internet', allowList: '' })
  const isInvalidName = name !== '' && !namePattern.test(name)

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isInvalidName || create.isPending) return
    create.mutate({ ...(name === '' ? {} : { name }), language, network })
  }

  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field
        label="Name"
        optional
        hint="Leave empty for a generated name."
        error={
          isInvalidName &&
          'Use up to 128 letters, digits, dots, hyphens and underscores; start with a letter or a digit.'
        }
      >
        {(slot) => (
          <TextInput
            mono
            autoFocus
            maxLength={128}
            value={name}
            onChange={(event) => setName(event.target.value)}
            {...slot}
          />
        )}
      </Field>
      <Field label="Language" hint="Default language for code runs. Every sandbox can run all three.">
        {(slot) => (
          <Select
            value={language}
            onChange={(event) => {
              const chosen = codeLanguages.find(({ value }) => value === event.target.value)
              if (chosen) setLanguage(chosen.value)
            }}
            {...slot}
          >
            {codeLanguages.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <NetworkChoice value={network} onChange={setNetwork} />
      <FormActions error={create.error} busy={create.isPending} onCancel={onDone}>
        Create
      </FormActions>
    </form>
  )
}
