'use client'
import { useState } from 'react'
import { useApiAccess } from '@/components/execution/api-access'
import { CopyButton } from '@/components/ui/copy-button'
import { Select } from '@/components/ui/field'
import { OutsideText } from '@/components/ui/outside-text'
import { Segmented } from '@/components/ui/segmented'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { Facts, Section } from './section'
import { type CodeView, codeViews, viewCalls } from './view-calls'

const languages = [
  { value: 'python', label: 'Python' },
  { value: 'typescript', label: 'TypeScript' },
  { value: 'curl', label: 'curl' },
] as const

/** How programs reach this sandbox: address, key, and what each page of the console does as code. */
export function ConnectionSection({ sandbox }: { sandbox: SandboxDto }) {
  const api = useApiAccess(sandbox.id)
  const [view, setView] = useState<CodeView>('run')
  const [language, setLanguage] = useState<(typeof languages)[number]['value']>('python')
  const code = viewCalls(api, sandbox, view)[language]
  return (
    <Section title="Connection">
      <Facts>
        <dt>Toolbox</dt>
        <dd className="flex items-center gap-1">
          <span className="min-w-0 font-mono">
            <OutsideText text={`${sandbox.toolboxProxyUrl.replace(/\/+$/, '')}/${sandbox.id}`} />
          </span>
          <CopyButton
            text={`${sandbox.toolboxProxyUrl.replace(/\/+$/, '')}/${sandbox.id}`}
            label="Copy the address of the toolbox"
          />
        </dd>
      </Facts>
      <div>
        <p className="text-label text-ink-3">Address and key as environment variables, as the SDKs read them:</p>
        <Code text={api.environment} label="Copy the environment variables" />
      </div>
      <div>
        <div className="flex flex-wrap items-center gap-2">
          <Select
            small
            aria-label="Page"
            value={view}
            onChange={(event) => {
              const chosen = codeViews.find(({ value }) => value === event.target.value)
              if (chosen) setView(chosen.value)
            }}
          >
            {codeViews.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
          <Segmented label="Language" value={language} onChange={setLanguage} options={languages} />
        </div>
        <Code text={code} label="Copy as code" />
      </div>
    </Section>
  )
}

function Code({ text, label }: { text: string; label: string }) {
  return (
    <div className="mt-2 flex items-start gap-1 rounded-control border border-line bg-term py-1 pr-1 pl-3">
      <pre className="min-w-0 flex-1 whitespace-pre-wrap py-1 text-label text-ink-2 [overflow-wrap:anywhere]">
        <OutsideText text={text} lines />
      </pre>
      <CopyButton text={text} label={label} />
    </div>
  )
}
