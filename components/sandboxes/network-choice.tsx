'use client'
import { Field, Select, TextInput } from '@/components/ui/field'
import type { NetworkPolicyKind } from '@/lib/process-api/network-policy'
import { networkOptions } from './network-display'

/** The selected policy; `allowList` is the text as typed, used only for listed networks. */
export interface ChosenNetwork {
  readonly kind: NetworkPolicyKind
  readonly allowList: string
}

/** Selects a network policy, with its description and the list of networks if it needs one. */
export function NetworkChoice({ value, onChange }: { value: ChosenNetwork; onChange: (value: ChosenNetwork) => void }) {
  const chosen = networkOptions.find(({ kind }) => kind === value.kind)
  return (
    <>
      <Field label="Network" hint={chosen?.sentence}>
        {(slot) => (
          <Select
            value={value.kind}
            onChange={(event) => {
              const option = networkOptions.find(({ kind }) => kind === event.target.value)
              if (option) onChange({ ...value, kind: option.kind })
            }}
            {...slot}
          >
            {networkOptions.map(({ kind, label }) => (
              <option key={kind} value={kind}>
                {label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {value.kind === 'allow-list' && (
        <Field label="Allowed networks" hint="IPv4 networks, separated by commas: 203.0.113.0/24, 10.1.2.3/32">
          {(slot) => (
            <TextInput
              mono
              required
              value={value.allowList}
              onChange={(event) => onChange({ ...value, allowList: event.target.value })}
              {...slot}
            />
          )}
        </Field>
      )}
    </>
  )
}
