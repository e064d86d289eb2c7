'use client'
import { type FormEvent, useState } from 'react'
import { Dialog } from '@/components/ui/dialog'
import { FormActions } from '@/components/ui/form-actions'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { type ChosenNetwork, NetworkChoice } from './network-choice'
import { networkDisplay } from './network-display'
import { useSetNetwork } from './sandbox-mutations'

/** Shows the current network policy of a sandbox and changes it. */
export function NetworkDialog({
  sandbox,
  open,
  onOpenChange,
}: {
  sandbox: SandboxListItem
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Network of ${sandbox.name}`}
      description={`${sandbox.state === 'started' ? 'Now' : 'From the next start'}: ${networkDisplay(sandbox).sentence}`}
    >
      <NetworkForm sandbox={sandbox} onDone={() => onOpenChange(false)} onCancel={() => onOpenChange(false)} />
    </Dialog>
  )
}

/** Changes the network policy of a sandbox. */
export function NetworkForm({
  sandbox,
  onDone,
  onCancel,
}: {
  sandbox: SandboxListItem
  onDone: () => void
  onCancel?: () => void
}) {
  const [chosen, setChosen] = useState<ChosenNetwork>(() => ({
    kind: sandbox.networkPolicy ?? (sandbox.networkBlockAll ? 'none' : 'internet'),
    allowList: sandbox.networkAllowList ?? '',
  }))
  const change = useSetNetwork(onDone)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!change.isPending) change.mutate({ sandboxId: sandbox.id, network: chosen })
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <NetworkChoice value={chosen} onChange={setChosen} />
      <p className="text-label text-ink-3">Changing the network closes the sandbox’s open connections.</p>
      <FormActions error={change.error} busy={change.isPending} onCancel={onCancel}>
        Change network
      </FormActions>
    </form>
  )
}
