'use client'
import { Braces } from 'lucide-react'
import { useState } from 'react'
import { useApiAccess } from '@/components/execution/api-access'
import { IconButton } from '@/components/ui/button'
import { CopyButton } from '@/components/ui/copy-button'
import { Dialog } from '@/components/ui/dialog'
import { OutsideText } from '@/components/ui/outside-text'
import { Segmented } from '@/components/ui/segmented'
import type { StartRunRequest } from '@/lib/process-api/extensions'
import { type CallForms, callForms } from './call-as'

const forms = [
  { value: 'curl', label: 'curl' },
  { value: 'python', label: 'Python' },
  { value: 'typescript', label: 'TypeScript' },
] as const satisfies readonly { value: keyof CallForms; label: string }[]

/** Shows the draft as code to copy. */
export function CallMenu({
  sandboxId,
  sandboxLanguage,
  request,
}: {
  sandboxId: string
  sandboxLanguage: string
  /** Null while the draft cannot run. */
  request: StartRunRequest | null
}) {
  const api = useApiAccess(sandboxId)
  const [open, setOpen] = useState(false)
  const [form, setForm] = useState<keyof CallForms>('curl')
  const text = request ? callForms(api, sandboxId, request, sandboxLanguage)[form] : ''
  return (
    <>
      <IconButton
        size="sm"
        label="Copy as code"
        icon={<Braces strokeWidth={1.5} />}
        disabled={request === null}
        onClick={() => setOpen(true)}
      />
      <Dialog open={open} onOpenChange={setOpen} title="Copy as code" size="lg">
        <div className="flex items-center justify-between gap-2">
          <Segmented label="Language" value={form} onChange={setForm} options={forms} />
          <CopyButton text={text} word="Copy" variant="secondary" size="md" />
        </div>
        <pre className="mt-3 max-h-[50vh] overflow-auto rounded-control border border-line bg-term p-3 text-label">
          <OutsideText text={text} lines />
        </pre>
      </Dialog>
    </>
  )
}
