'use client'
import { Download, FilePlus, FolderPlus, Upload } from 'lucide-react'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { OutsideText } from '@/components/ui/outside-text'
import { Pane, PaneBody, PaneHeader } from '@/components/ui/pane'
import { formatBytes } from '@/components/ui/quantity'
import { counted } from '@/lib/display/counted'
import type { FileInfo } from '@/lib/process-api/files'
import { fileUrl } from '@/lib/queries/file-reads'
import type { FileActions } from './file-actions'
import { FileFacts } from './file-facts'
import { FileMenu } from './file-menu'
import { nameOf } from './paths'
import type { FolderState } from './tree-rows'

/** The open folder: what is in it, and what can be added to it. */
export function FolderView({
  sandboxId,
  path,
  info,
  state,
  actions,
  onUpload,
  deleting,
  onDeleting,
}: {
  sandboxId: string
  path: string
  info: FileInfo
  state: FolderState | undefined
  actions: FileActions
  onUpload: (kind: 'files' | 'folder') => void
  deleting: boolean
  onDeleting: (deleting: boolean) => void
}) {
  const target = useTarget()
  const linksUnknown = info.link === undefined
  return (
    <Pane label="Folder">
      <PaneHeader
        mono
        title={nameOf(path)}
        actions={
          <FileMenu
            sandboxId={sandboxId}
            path={path}
            info={info}
            actions={actions}
            deleting={deleting}
            onDeleting={onDeleting}
          />
        }
      />
      <PaneBody>
        <div className="flex max-w-[560px] flex-col items-start gap-4 px-6 py-8">
          <p className="text-title font-semibold">{state?.entries ? contentsWord(state.entries) : 'Folder'}</p>
          <p className="text-body text-ink-2">
            Select a file to see and edit it. Drop files or folders anywhere on this page to upload them here.
          </p>
          <div className="flex flex-wrap gap-2">
            <Button icon={<Upload strokeWidth={1.5} />} onClick={() => onUpload('files')}>
              Upload files
            </Button>
            <Button icon={<Upload strokeWidth={1.5} />} onClick={() => onUpload('folder')}>
              Upload a folder
            </Button>
            <Button icon={<FilePlus strokeWidth={1.5} />} onClick={() => actions.newFile(path)}>
              New file
            </Button>
            <Button icon={<FolderPlus strokeWidth={1.5} />} onClick={() => actions.newFolder(path)}>
              New folder
            </Button>
            {!linksUnknown && (
              <Button asChild>
                <a href={fileUrl(target, sandboxId, 'archive', { path })} download>
                  <Download aria-hidden="true" size={14} strokeWidth={1.5} />
                  Download as .tar.gz
                </a>
              </Button>
            )}
          </div>
          {linksUnknown && (
            <p className="text-body text-ink-3">
              <span className="font-mono">
                <OutsideText text={target} />
              </span>{' '}
              does not report links: they look like what they point to, and a folder cannot be downloaded as a whole.
              Pack it with <code>tar</code> in a session and download the archive.
            </p>
          )}
        </div>
      </PaneBody>
      <FileFacts info={info} />
    </Pane>
  )
}

function contentsWord(entries: readonly FileInfo[]): string {
  if (entries.length === 0) return 'This folder is empty.'
  const folders = entries.filter(({ isDir }) => isDir).length
  const files = entries.length - folders
  const bytes = entries.reduce((sum, entry) => sum + (entry.isDir ? 0 : entry.size), 0)
  const words = [
    folders > 0 && counted(folders, 'folder'),
    files > 0 && `${counted(files, 'file')} · ${formatBytes(bytes)}`,
  ]
  return words.filter(Boolean).join(', ')
}
