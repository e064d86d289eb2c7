'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type DragEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useHotkey } from '@/components/keys/hotkeys'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { useInBrowser } from '@/components/ui/local-time'
import { Pane, PaneBody, PaneHeader } from '@/components/ui/pane'
import { SkeletonRows } from '@/components/ui/skeleton'
import { showErrorToast } from '@/components/ui/toast'
import { useMediaQuery } from '@/components/ui/use-media-query'
import { visibleText } from '@/lib/display/visible-text'
import type { FileInfo } from '@/lib/process-api/files'
import { CallFailure, toCallFailure } from '@/lib/queries/call-failure'
import { fileInfoQuery, workFolderQuery } from '@/lib/queries/file-reads'
import { queryKeys } from '@/lib/queries/query-keys'
import { sandboxQuery } from '@/lib/queries/reads'
import { chosenFiles, droppedFiles } from './dropped-files'
import { editKey, useEdits, useLeaveWarning } from './edits'
import { useFileActions } from './file-actions'
import { FileTree } from './file-tree'
import { FileView } from './file-view'
import { FilesHeader } from './files-header'
import { type FilesPane, FilesPanes } from './files-panes'
import { FolderView } from './folder-view'
import { PathDialog } from './path-dialog'
import { isWithin, nameOf, parentOf, pathsDownTo } from './paths'
import { type SearchKind, SearchResults } from './search-results'
import { type FolderState, treeRows } from './tree-rows'
import { UploadPanel } from './upload-panel'
import { addUploads, setStoredListener } from './upload-queue'
import { useFilesLocation } from './use-files-location'
import { useFolders } from './use-folders'

/** The Files page of a sandbox. Pane widths and edits are in the browser, so the server renders only an empty frame. */
export function FilesPage({ sandboxId }: { sandboxId: string }) {
  const target = useTarget()
  const inBrowser = useInBrowser()
  const { data: sandbox } = useQuery(sandboxQuery(target, sandboxId))
  const running = sandbox?.state === 'started'
  const { data: workFolder, error, refetch } = useQuery({ ...workFolderQuery(target, sandboxId), enabled: running })
  if (!inBrowser || !sandbox) return <div className="min-h-0 flex-1 bg-surface" />
  if (!running || !workFolder) {
    return (
      <Pane label="Files">
        <PaneHeader title="Files" />
        <PaneBody>
          {!running && (
            <p className="px-3 py-3 text-body text-ink-3">
              The sandbox is not running. Start it to see and change its files.
            </p>
          )}
          {running && error && (
            <ErrorState failure={toCallFailure(error)} onRetry={() => refetch()} details={`files of ${sandboxId}`} />
          )}
          {running && !error && <SkeletonRows rows={6} label="Loading the files" />}
        </PaneBody>
      </Pane>
    )
  }
  return <Files key={workFolder} sandboxId={sandboxId} workFolder={workFolder} />
}

function Files({ sandboxId, workFolder }: { sandboxId: string; workFolder: string }) {
  const target = useTarget()
  const cache = useQueryClient()
  const wide = useMediaQuery('(min-width: 860px)')
  const location = useFilesLocation(sandboxId)
  const path = location.path ?? workFolder
  const root = isWithin(path, workFolder) ? workFolder : '/'
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const [pane, setPane] = useState<FilesPane>(location.path === null ? 'tree' : 'file')
  const [search, setSearch] = useState<{ text: string; kind: SearchKind }>({ text: '', kind: 'names' })
  const [deleting, setDeleting] = useState(false)
  const info = useQuery(fileInfoQuery(target, sandboxId, path))
  const shown = useLastInfo(path, info.data)
  const gone = info.error !== null && toCallFailure(info.error).status === 404
  const folder = shown && !shown.isDir ? parentOf(path) : path
  // Until the path is known to be a file or a folder, new files could go to the wrong place.
  const isFolderKnown = shown !== undefined || info.isError
  useLeaveWarning()

  const expanded = useMemo(() => {
    const above = pathsDownTo(path).filter((one) => one !== path || shown?.isDir)
    return new Set([...above, ...opened].filter((one) => !closed.has(one)))
  }, [path, opened, closed, shown?.isDir])
  const paths = useMemo(
    () => [root, ...[...expanded].filter((one) => one !== root && isWithin(one, root))],
    [expanded, root],
  )
  const folders = useFolders(sandboxId, paths, true)
  const rows = treeRows(root, folders, expanded)
  const edits = useEdits()
  const prefix = editKey(target, sandboxId, '')
  const edited = new Set(
    [...edits.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
  )

  const refresh = () => cache.invalidateQueries({ queryKey: queryKeys.files(target, sandboxId) })
  useEffect(() => {
    setStoredListener((upload) => {
      void cache.invalidateQueries({ queryKey: queryKeys.files(upload.target, upload.sandboxId) })
    })
  }, [cache])

  const toggle = (one: string, open: boolean) => {
    setOpened((before) => changed(before, one, open))
    setClosed((before) => changed(before, one, !open))
  }
  const open = (next: string, asFolder = false, line?: number) => {
    location.go(next, line)
    if (asFolder) toggle(next, next === path ? !expanded.has(next) : true)
    else setPane('file')
  }
  const onMoved = (from: string | null, to: string) => {
    if (from !== null && !isWithin(path, from)) return
    const next = from === null ? to : to + path.slice(from.length)
    if (from === null) location.go(next)
    else location.settle(next)
    setPane('file')
  }
  const onDeleted = (deletedPath: string) => {
    setDeleting(false)
    if (isWithin(path, deletedPath)) location.settle(parentOf(deletedPath))
    setPane('tree')
  }
  const { actions, request, closeRequest } = useFileActions(sandboxId, onMoved, onDeleted)
  useHotkey('new.here', () => isFolderKnown && actions.newFile(folder))
  useHotkey('files.refresh', () => void refresh())

  const filesField = useRef<HTMLInputElement>(null)
  const folderField = useRef<HTMLInputElement>(null)
  const chooseUpload = (kind: 'files' | 'folder') => (kind === 'files' ? filesField : folderField).current?.click()
  useHotkey('files.upload', () => chooseUpload('files'))
  const upload = (files: ReturnType<typeof chosenFiles>) => addUploads(target, sandboxId, files)
  const drop = (into: string, transfer: DataTransfer) => {
    const store = async () => {
      const { files, emptyFolders } = await droppedFiles(into, transfer)
      upload(files)
      for (const empty of emptyFolders) await actions.createFolder(empty)
    }
    store().catch((thrown: unknown) => {
      const isRefused = thrown instanceof CallFailure
      showErrorToast(isRefused ? visibleText(thrown.message) : 'The dropped files could not be read.')
    })
  }
  const moveInto = (source: string, into: string) => {
    actions.moveInto(source, into).catch((thrown: unknown) => {
      const failure = toCallFailure(thrown)
      showErrorToast(visibleText(`${nameOf(source)} was not moved: ${failure.message}`))
    })
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files may be dropped anywhere; buttons do the same.
    <div
      className="flex min-h-0 flex-1 flex-col"
      onDragOver={(event: DragEvent) => {
        if (event.dataTransfer.types.includes('Files')) event.preventDefault()
      }}
      onDrop={(event: DragEvent) => {
        if (!event.dataTransfer.types.includes('Files')) return
        event.preventDefault()
        if (isFolderKnown) drop(folder, event.dataTransfer)
        else showErrorToast('The folder is still loading. Drop the files again in a moment.')
      }}
    >
      <FilesHeader
        sandboxId={sandboxId}
        path={path}
        search={search}
        onSearch={(next) => {
          setSearch(next)
          if (next.text !== '') setPane('tree')
        }}
        onOpen={(next) => open(next)}
        onRefresh={refresh}
        onUpload={chooseUpload}
        canAdd={isFolderKnown}
        onNewFile={() => actions.newFile(folder)}
        onNewFolder={() => actions.newFolder(folder)}
      />
      <FilesPanes
        wide={wide}
        pane={pane}
        onPane={setPane}
        tree={
          <Pane label="Folders and files">
            {search.text === '' ? (
              <FileTree
                label={`Files in ${visibleText(root)}`}
                root={root}
                rows={rows}
                selected={path}
                edited={edited}
                onOpen={(next) => {
                  const row = rows.find((one) => one.kind === 'entry' && one.path === next)
                  open(next, row?.kind === 'entry' && row.entry.isDir)
                }}
                onToggle={toggle}
                onMove={moveInto}
                onDropFiles={drop}
                onRename={actions.rename}
                onDelete={(next) => {
                  location.go(next)
                  setPane('file')
                  setDeleting(true)
                }}
              />
            ) : (
              <SearchResults
                sandboxId={sandboxId}
                folder={folder}
                {...search}
                onOpen={(next, line) => open(next, false, line)}
              />
            )}
          </Pane>
        }
        file={
          <OpenPath
            sandboxId={sandboxId}
            path={path}
            line={location.line}
            info={shown}
            gone={gone}
            failure={info.error && toCallFailure(info.error)}
            onRetry={() => info.refetch()}
            onParent={() => location.go(parentOf(path))}
            state={folders.get(path)}
            actions={actions}
            onUpload={chooseUpload}
            deleting={deleting}
            onDeleting={setDeleting}
          />
        }
      />
      <UploadPanel sandboxId={sandboxId} />
      <PathDialog request={request} onClose={closeRequest} />
      {isFolderKnown && (
        <HiddenFields
          filesField={filesField}
          folderField={folderField}
          onChoose={(list) => upload(chosenFiles(folder, list))}
        />
      )}
    </div>
  )
}

/** The information of the open path; after its file has vanished, the last known one. */
function useLastInfo(path: string, info: FileInfo | undefined): FileInfo | undefined {
  const [last, setLast] = useState<{ path: string; info: FileInfo } | null>(null)
  useEffect(() => {
    if (info) setLast({ path, info })
  }, [path, info])
  return info ?? (last?.path === path ? last.info : undefined)
}

function OpenPath({
  info,
  gone,
  failure,
  onRetry,
  onParent,
  state,
  onUpload,
  ...props
}: Omit<Parameters<typeof FileView>[0], 'info'> & {
  info: FileInfo | undefined
  failure: ReturnType<typeof toCallFailure> | null
  onRetry: () => void
  onParent: () => void
  state: FolderState | undefined
  onUpload: (kind: 'files' | 'folder') => void
}) {
  if (!info || (gone && info.isDir)) {
    return (
      <Pane label="File">
        <PaneHeader mono title={nameOf(props.path)} />
        <PaneBody>
          {failure ? (
            <ErrorState
              failure={gone ? goneFailure : failure}
              details={`file ${props.path}`}
              {...(gone ? {} : { onRetry })}
              action={<Button onClick={onParent}>Open the folder above</Button>}
            />
          ) : (
            <SkeletonRows rows={6} label="Reading" />
          )}
        </PaneBody>
      </Pane>
    )
  }
  if (info.isDir) return <FolderView key={props.path} info={info} state={state} onUpload={onUpload} {...props} />
  return <FileView key={props.path} info={info} gone={gone} {...props} />
}

const goneFailure = {
  code: 'FILE_NOT_FOUND',
  message: 'This path does not exist.',
  hint: 'It may have been deleted, moved or renamed.',
}

/** File fields must be in the page to be opened; they are reached by their buttons only. */
function HiddenFields({
  filesField,
  folderField,
  onChoose,
}: {
  filesField: React.RefObject<HTMLInputElement | null>
  folderField: React.RefObject<HTMLInputElement | null>
  onChoose: (files: FileList) => void
}) {
  const choose = (field: HTMLInputElement) => {
    if (field.files) onChoose(field.files)
    // Choosing the same file again must be a change.
    field.value = ''
  }
  return (
    <>
      <input
        ref={filesField}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={(event) => choose(event.currentTarget)}
      />
      <input
        ref={folderField}
        type="file"
        {...{ webkitdirectory: '' }}
        hidden
        aria-label="Folder to upload"
        onChange={(event) => choose(event.currentTarget)}
      />
    </>
  )
}

function changed(before: ReadonlySet<string>, value: string, present: boolean): ReadonlySet<string> {
  const next = new Set(before)
  if (present) next.add(value)
  else next.delete(value)
  return next
}
