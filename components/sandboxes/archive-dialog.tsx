'use client'
import type { FormEvent } from 'react'
import { Dialog } from '@/components/ui/dialog'
import { FormActions } from '@/components/ui/form-actions'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { useArchiveSandbox } from './sandbox-mutations'

/** Archives a stopped sandbox after a confirmation. */
export function ArchiveSandboxDialog({
  sandbox,
  open,
  onOpenChange,
}: {
  sandbox: Pick<SandboxListItem, 'id' | 'name'>
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Archive ${sandbox.name}?`}
      description="The home directory is packed into one compressed file, which frees disk space. Runs and sessions stay readable. Starting the sandbox restores its files, which takes longer than a normal start."
    >
      <ArchiveForm sandboxId={sandbox.id} onClose={() => onOpenChange(false)} />
    </Dialog>
  )
}

function ArchiveForm({ sandboxId, onClose }: { sandboxId: string; onClose: () => void }) {
  const archive = useArchiveSandbox(onClose)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!archive.isPending) archive.mutate(sandboxId)
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <FormActions error={archive.error} busy={archive.isPending} onCancel={onClose}>
        Archive sandbox
      </FormActions>
    </form>
  )
}
