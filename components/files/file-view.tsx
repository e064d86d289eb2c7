'use client'
import { useQuery } from '@tanstack/react-query'
import { Download, Play, Save } from 'lucide-react'
import dynamic from 'next/dynamic'
import { type ReactNode, useState } from 'react'
import { useNavigate } from '@/components/live/navigation-guard'
import { useStartRun } from '@/components/runner/run-mutations'
import { sandboxAddress } from '@/components/target/addresses'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { Pane, PaneHeader } from '@/components/ui/pane'
import { formatBytes } from '@/components/ui/quantity'
import { Segmented } from '@/components/ui/segmented'
import { SkeletonRows } from '@/components/ui/skeleton'
import type { FileInfo } from '@/lib/process-api/files'
import { toCallFailure } from '@/lib/queries/call-failure'
import { type FileHead, fileUrl } from '@/lib/queries/file-reads'
import { HexView, ImageView } from './binary-views'
import type { FileActions } from './file-actions'
import { FileFacts, FileNote } from './file-facts'
import { decodeText, imageType, isPdf, isTable, languageOf, maxEditBytes, maxImageBytes } from './file-kind'
import { FileMenu } from './file-menu'
import { nameOf, parentOf } from './paths'
import { runRequest } from './run-file'
import { headQuery, TextFile, TextHead, useTextFile } from './text-file'

const MarkdownView = dynamic(() => import('./markdown-view'), { ssr: false })
const TableView = dynamic(() => import('./table-view'), { ssr: false })

interface FileViewProps {
  sandboxId: string
  path: string
  /** The line in the address. */
  line: number | null
  info: FileInfo
  /** The file was deleted or renamed while it was shown. */
  gone: boolean
  actions: FileActions
  deleting: boolean
  onDeleting: (deleting: boolean) => void
}

/** One file: its contents where they can be shown, and what can be done with it. */
export function FileView(props: FileViewProps) {
  const { sandboxId, path, info } = props
  const target = useTarget()
  const type = imageType(nameOf(path))
  const version = `${info.size} ${info.modifiedAt}`
  // A device, a pipe or a socket has no contents to read.
  const isRegular = /^[ugt]*[-r]/.test(info.mode)
  const isImage = type !== null && type !== 'image/svg+xml'
  const { data, error, refetch } = useQuery({
    ...headQuery(target, sandboxId, path, info),
    enabled: isRegular && !isImage && !isPdf(nameOf(path)),
  })
  if (!isRegular) {
    return (
      <Frame {...props}>
        <FileNote>
          {info.mode.startsWith('L')
            ? 'This link is broken: its target does not exist.'
            : 'This is not a regular file, so there are no contents to show.'}
        </FileNote>
      </Frame>
    )
  }
  if (isPdf(nameOf(path))) {
    return (
      <Frame {...props}>
        <FileNote action={<DownloadButton sandboxId={sandboxId} path={path} />}>
          A PDF can run scripts, so it is not shown here. Download it to open it in your own viewer.
        </FileNote>
      </Frame>
    )
  }
  if (isImage) {
    return (
      <Frame {...props}>
        {info.size > maxImageBytes ? (
          <FileNote action={<DownloadButton sandboxId={sandboxId} path={path} />}>
            Images up to {formatBytes(maxImageBytes)} are shown here.
          </FileNote>
        ) : (
          <ImageView key={version} sandboxId={sandboxId} path={path} type={type} version={version} />
        )}
      </Frame>
    )
  }
  if (!data) {
    return (
      <Frame {...props}>
        {error ? (
          <ErrorState failure={toCallFailure(error)} onRetry={() => refetch()} details={`file ${path}`} />
        ) : (
          <SkeletonRows rows={6} label="Reading the file" />
        )}
      </Frame>
    )
  }
  return <FileContents {...props} head={data} />
}

function FileContents({ head, ...props }: FileViewProps & { head: FileHead }) {
  const { sandboxId, path, info } = props
  const { bytes, whole } = head
  const decoded = decodeText(bytes, whole)
  if (!decoded) {
    return (
      <Frame {...props}>
        <HexView bytes={bytes} size={info.size} />
      </Frame>
    )
  }
  if (!whole) {
    return (
      <Frame {...props}>
        <div className="flex h-full min-h-0 flex-col">
          <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-raised px-3 py-1.5 text-label text-ink-2">
            <p className="min-w-0 flex-1">
              Files up to {formatBytes(maxEditBytes)} can be edited here. This is the beginning of{' '}
              {formatBytes(info.size)}.
            </p>
            <DownloadButton sandboxId={sandboxId} path={path} />
          </div>
          <div className="min-h-0 flex-1">
            <TextHead path={path} bytes={bytes} />
          </div>
        </div>
      </Frame>
    )
  }
  return <EditableFile {...props} decoded={decoded} bytes={bytes} />
}

type View = 'preview' | 'edit'

function EditableFile({
  decoded,
  ...props
}: FileViewProps & { decoded: NonNullable<ReturnType<typeof decodeText>>; bytes: Uint8Array }) {
  const { sandboxId, path, line, info, gone } = props
  const name = nameOf(path)
  const kind = previewKind(name)
  const [view, setView] = useState<View>(line === null ? 'preview' : 'edit')
  const state = useTextFile(sandboxId, path, { info, gone }, decoded)
  const type = imageType(name)
  const previews = {
    none: null,
    markdown: <MarkdownView text={state.text} />,
    table: <TableView name={name} text={state.text} />,
    image: type && (
      <ImageView sandboxId={sandboxId} path={path} type={type} version={`${info.size} ${info.modifiedAt}`} />
    ),
  }
  return (
    <Frame
      {...props}
      dirty={state.dirty}
      controls={
        <>
          {kind && (
            <Segmented
              label="View"
              value={view}
              onChange={setView}
              options={[
                { value: 'preview', label: kind === 'table' ? 'Table' : 'Preview' },
                { value: 'edit', label: 'Edit' },
              ]}
            />
          )}
          <Button
            size="sm"
            variant={state.dirty ? 'primary' : 'secondary'}
            hotkey="file.save"
            icon={<Save strokeWidth={1.5} />}
            busy={state.saving}
            disabled={!state.dirty || state.readOnly !== null}
            onClick={state.save}
          >
            Save
          </Button>
          <RunButton sandboxId={sandboxId} path={path} text={decoded.text} dirty={state.dirty} />
        </>
      }
    >
      <TextFile path={path} line={line} state={state} theirs={decoded.text}>
        {previews[view === 'preview' ? (kind ?? 'none') : 'none']}
      </TextFile>
    </Frame>
  )
}

function previewKind(name: string): 'markdown' | 'table' | 'image' | null {
  if (languageOf(name) === 'markdown') return 'markdown'
  if (isTable(name)) return 'table'
  return imageType(name) === 'image/svg+xml' ? 'image' : null
}

/** Runs the saved file and opens the run. */
function RunButton({
  sandboxId,
  path,
  text,
  dirty,
}: {
  sandboxId: string
  path: string
  text: string
  dirty: boolean
}) {
  const target = useTarget()
  const go = useNavigate()
  const start = useStartRun(sandboxId)
  const request = runRequest(path, text)
  if (!request) return null
  return (
    <Button
      size="sm"
      icon={<Play strokeWidth={1.5} />}
      busy={start.isPending}
      disabled={dirty}
      title={dirty ? 'Save the file first.' : undefined}
      onClick={() =>
        start.mutate(request, { onSuccess: ({ runId }) => go(sandboxAddress(target, sandboxId, 'run', runId)) })
      }
    >
      {start.error ? 'Run failed; retry' : 'Run'}
    </Button>
  )
}

function DownloadButton({ sandboxId, path }: { sandboxId: string; path: string }) {
  const target = useTarget()
  return (
    <Button asChild size="sm">
      <a href={fileUrl(target, sandboxId, 'download', { path })} download>
        <Download aria-hidden="true" size={14} strokeWidth={1.5} />
        Download
      </a>
    </Button>
  )
}

function Frame({
  sandboxId,
  path,
  info,
  gone,
  actions,
  deleting,
  onDeleting,
  dirty = false,
  controls,
  children,
}: FileViewProps & { dirty?: boolean; controls?: ReactNode; children: ReactNode }) {
  return (
    <Pane label="File">
      <PaneHeader
        mono
        title={nameOf(path)}
        chip={
          dirty && (
            <span className="shrink-0 text-label text-time">
              <span aria-hidden="true">●</span> edited
            </span>
          )
        }
        actions={
          <>
            {controls}
            <FileMenu
              sandboxId={sandboxId}
              path={path}
              info={info}
              actions={actions}
              deleting={deleting}
              onDeleting={onDeleting}
            />
          </>
        }
      />
      {gone && !dirty && (
        <p role="status" className="shrink-0 border-b border-line bg-raised px-3 py-1.5 text-label text-ink-2">
          This file was deleted or renamed. What is shown was read before. Its folder was {parentOf(path)}.
        </p>
      )}
      <div className="min-h-0 flex-1 overflow-auto">{children}</div>
      <FileFacts info={info} />
    </Pane>
  )
}
