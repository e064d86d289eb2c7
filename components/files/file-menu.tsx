'use client'
import { Copy, Download, Ellipsis, FileLock, FolderInput, PencilLine, Play, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { replayAddress } from '@/components/target/replay-address'
import { useTarget } from '@/components/target/target-provider'
import { IconButton } from '@/components/ui/button'
import { ConfirmPopover } from '@/components/ui/confirm-popover'
import { copyText } from '@/components/ui/copy-text'
import { Menu, MenuItem, MenuLink, MenuSeparator } from '@/components/ui/menu'
import type { FileInfo } from '@/lib/process-api/files'
import { toCallFailure } from '@/lib/queries/call-failure'
import { fileUrl } from '@/lib/queries/file-reads'
import { type FileActions, isDeletable } from './file-actions'
import { useDeleteFile } from './file-mutations'
import { nameOf } from './paths'
import { PermissionsDialog } from './permissions-dialog'

/** Actions on the open file or folder. */
export function FileMenu({
  sandboxId,
  path,
  info,
  actions,
  deleting,
  onDeleting,
}: {
  sandboxId: string
  path: string
  info: FileInfo
  actions: FileActions
  /** Whether the confirmation is open; the Delete key in the tree opens it too. */
  deleting: boolean
  onDeleting: (deleting: boolean) => void
}) {
  const target = useTarget()
  const remove = useDeleteFile(sandboxId)
  const [settingMode, setSettingMode] = useState(false)
  // The link itself is deleted, not what is in the folder that it leads to.
  const isFolder = info.isDir && typeof info.link !== 'string'
  const removeNow = async () => {
    await remove.mutateAsync({ path, recursive: isFolder })
    actions.onDeleted(path)
  }
  return (
    <>
      <ConfirmPopover
        anchor={
          <Menu
            label={`Actions for ${nameOf(path)}`}
            trigger={<IconButton size="sm" label="More actions" icon={<Ellipsis strokeWidth={1.5} />} />}
          >
            {(!info.isDir || info.link !== undefined) && (
              <MenuLink
                icon={<Download strokeWidth={1.5} />}
                href={fileUrl(target, sandboxId, info.isDir ? 'archive' : 'download', { path })}
              >
                {info.isDir ? 'Download as .tar.gz' : 'Download'}
              </MenuLink>
            )}
            {!info.isDir && path.endsWith('.cast') && (
              <MenuLink
                icon={<Play strokeWidth={1.5} />}
                href={replayAddress(target, sandboxId, { kind: 'file', path })}
              >
                Replay
              </MenuLink>
            )}
            <MenuItem icon={<Copy strokeWidth={1.5} />} onSelect={() => void copyText(path)}>
              Copy path
            </MenuItem>
            {isDeletable(path) && (
              <>
                <MenuSeparator />
                <MenuItem icon={<PencilLine strokeWidth={1.5} />} onSelect={() => actions.rename(path)}>
                  Rename…
                </MenuItem>
                <MenuItem icon={<FolderInput strokeWidth={1.5} />} onSelect={() => actions.move(path)}>
                  Move…
                </MenuItem>
                <MenuItem icon={<Copy strokeWidth={1.5} />} onSelect={() => actions.copy(path)}>
                  Copy…
                </MenuItem>
                <MenuItem icon={<FileLock strokeWidth={1.5} />} onSelect={() => setSettingMode(true)}>
                  Permissions…
                </MenuItem>
                <MenuSeparator />
                <MenuItem icon={<Trash2 strokeWidth={1.5} />} danger onSelect={() => onDeleting(true)}>
                  Delete…
                </MenuItem>
              </>
            )}
          </Menu>
        }
        open={deleting}
        onOpenChange={onDeleting}
        title={`Delete ${nameOf(path)}?`}
        confirm="Delete"
        onConfirm={removeNow}
        error={remove.error && toCallFailure(remove.error).message}
      >
        {isFolder ? 'Deletes the folder with everything in it. This cannot be undone.' : 'This cannot be undone.'}
      </ConfirmPopover>
      <PermissionsDialog
        sandboxId={sandboxId}
        path={path}
        info={info}
        open={settingMode}
        onClose={() => setSettingMode(false)}
      />
    </>
  )
}
