'use client'
import { Archive, Copy, Ellipsis, Network, Play, Power, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from '@/components/ui/button'
import { copyText } from '@/components/ui/copy-text'
import { Menu, MenuItem, MenuSeparator } from '@/components/ui/menu'
import { showErrorToast } from '@/components/ui/toast'
import { visibleText } from '@/lib/display/visible-text'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { toCallFailure } from '@/lib/queries/call-failure'
import { ArchiveSandboxDialog } from './archive-dialog'
import { DeleteSandboxDialog } from './delete-dialog'
import { NetworkDialog } from './network-dialog'
import { useStartSandbox, useStopSandbox } from './sandbox-mutations'

/** Actions on one sandbox. Its state chip shows that it starts or stops; only errors are toasts. */
export function SandboxMenu({
  sandbox,
  align = 'end',
  onDeleted,
}: {
  sandbox: SandboxListItem
  align?: 'start' | 'end'
  onDeleted?: () => void
}) {
  const [archiving, setArchiving] = useState(false)
  const [deleting, setDeleting] = useState(false)
  const [settingNetwork, setSettingNetwork] = useState(false)
  const start = useStartSandbox()
  const stop = useStopSandbox()
  const showError = (thrown: unknown) => {
    const failure = toCallFailure(thrown)
    showErrorToast(visibleText(`${sandbox.name}: ${failure.message}`), {
      description: failure.hint && visibleText(failure.hint),
    })
  }
  const canStart = sandbox.state === 'stopped' || sandbox.state === 'archived' || sandbox.state === 'error'
  return (
    <>
      <Menu
        align={align}
        label={`Actions for ${sandbox.name}`}
        trigger={<IconButton label={`Actions for ${sandbox.name}`} size="sm" icon={<Ellipsis strokeWidth={1.5} />} />}
      >
        {canStart ? (
          <MenuItem
            icon={<Play strokeWidth={1.5} />}
            disabled={start.isPending}
            onSelect={() => start.mutate(sandbox.id, { onError: showError })}
          >
            Start
          </MenuItem>
        ) : (
          <MenuItem
            icon={<Power strokeWidth={1.5} />}
            disabled={sandbox.state !== 'started' || stop.isPending}
            onSelect={() => stop.mutate(sandbox.id, { onError: showError })}
          >
            Stop
          </MenuItem>
        )}
        {sandbox.state === 'stopped' && (
          <MenuItem icon={<Archive strokeWidth={1.5} />} onSelect={() => setArchiving(true)}>
            Archive…
          </MenuItem>
        )}
        <MenuItem icon={<Network strokeWidth={1.5} />} onSelect={() => setSettingNetwork(true)}>
          Network…
        </MenuItem>
        <MenuItem icon={<Copy strokeWidth={1.5} />} onSelect={() => void copyText(sandbox.id)}>
          Copy ID
        </MenuItem>
        <MenuSeparator />
        <MenuItem icon={<Trash2 strokeWidth={1.5} />} danger onSelect={() => setDeleting(true)}>
          Delete…
        </MenuItem>
      </Menu>
      <NetworkDialog sandbox={sandbox} open={settingNetwork} onOpenChange={setSettingNetwork} />
      <ArchiveSandboxDialog sandbox={sandbox} open={archiving} onOpenChange={setArchiving} />
      <DeleteSandboxDialog sandbox={sandbox} open={deleting} onOpenChange={setDeleting} onDeleted={onDeleted} />
    </>
  )
}
