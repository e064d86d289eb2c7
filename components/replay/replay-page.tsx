'use client'
import { useQuery } from '@tanstack/react-query'
import { Download, FolderOpen } from 'lucide-react'
import Link from 'next/link'
import { type DragEvent, useRef, useState } from 'react'
import { sandboxAddress } from '@/components/target/addresses'
import { replayAddress } from '@/components/target/replay-address'
import { useTarget } from '@/components/target/target-provider'
import { Button, IconButton } from '@/components/ui/button'
import { ErrorState, type Failure } from '@/components/ui/error-state'
import { useInBrowser } from '@/components/ui/local-time'
import { Menu, MenuLink } from '@/components/ui/menu'
import { SkeletonRows } from '@/components/ui/skeleton'
import { toCallFailure } from '@/lib/queries/call-failure'
import { targetPath } from '@/lib/queries/read'
import { CastError } from '@/lib/replay/cast-format'
import { type ReplayRef, replayQuery } from '@/lib/replay/replay-ref'
import { openLocalFile, openReplay } from './open-replay'
import { RecordingList } from './recording-list'
import { ReplayView } from './replay-view'

const exports = [
  { format: 'cast3', label: 'asciicast v3' },
  { format: 'cast2', label: 'asciicast v2' },
  { format: 'html', label: 'Page that plays it' },
  { format: 'text', label: 'Text' },
] as const

/** Replays what the address names, or a file of this computer; without either, lists the recordings of terminals. */
export function ReplayPage({ sandboxId, of }: { sandboxId: string; of: ReplayRef | null }) {
  const inBrowser = useInBrowser()
  const [file, setFile] = useState<File | null>(null)
  const [isOver, setOver] = useState(false)
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer.types.includes('Files')
  if (!inBrowser) return <div className="min-h-0 flex-1 bg-term" />
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files can also be chosen with a button
    <div
      className="relative flex min-h-0 flex-1 flex-col"
      onDragOver={(event) => {
        if (!hasFiles(event)) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
      }}
      onDrop={(event) => {
        if (!hasFiles(event)) return
        event.preventDefault()
        setOver(false)
        setFile(event.dataTransfer.files[0] ?? null)
      }}
    >
      {file || of ? (
        <OneReplay key={keyOf(file, of)} sandboxId={sandboxId} of={of} file={file} onFile={setFile} />
      ) : (
        <RecordingList sandboxId={sandboxId} action={<OpenFile onFile={setFile} />} />
      )}
      {isOver && (
        <div className="pointer-events-none absolute inset-0 z-10 flex items-center justify-center bg-scrim">
          <p className="rounded-overlay border border-line bg-raised px-4 py-2 text-body shadow-overlay">
            Drop an asciicast file to replay it
          </p>
        </div>
      )}
    </div>
  )
}

function OneReplay({
  sandboxId,
  of,
  file,
  onFile,
}: {
  sandboxId: string
  of: ReplayRef | null
  file: File | null
  onFile: (file: File | null) => void
}) {
  const target = useTarget()
  const replayKey = `${target} ${sandboxId} ${keyOf(file, of)}`
  const { data, error, refetch } = useQuery({
    queryKey: ['replay', replayKey],
    queryFn: ({ signal }) => {
      if (file) return openLocalFile(file, signal)
      if (of) return openReplay(target, sandboxId, of, signal)
      throw new Error('nothing to replay')
    },
    // An opened replay is a reader with a position and not data.
    structuralSharing: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  })
  const actions = (
    <>
      {of && !file && <Exports sandboxId={sandboxId} of={of} />}
      <OpenFile onFile={onFile} />
      {file && (
        <Button size="sm" onClick={() => onFile(null)}>
          Close file
        </Button>
      )}
      {of && !file && (
        <Button asChild size="sm">
          <Link href={originOf(target, sandboxId, of)}>{originWords[of.kind]}</Link>
        </Button>
      )}
    </>
  )
  if (error) {
    return (
      <div className="min-h-0 flex-1 overflow-auto bg-surface">
        <ErrorState
          failure={failureOf(error)}
          onRetry={() => refetch()}
          details={`replay ${replayKey}`}
          action={<OpenFile onFile={onFile} />}
        />
      </div>
    )
  }
  if (!data) return <SkeletonRows rows={4} label="Opening the recording" />
  return <ReplayView opened={data} replayKey={replayKey} isShared={file === null} actions={actions} />
}

function Exports({ sandboxId, of }: { sandboxId: string; of: ReplayRef }) {
  const target = useTarget()
  const path = targetPath(target, 'sandboxes', sandboxId, 'replay', 'export')
  return (
    <Menu label="Export" trigger={<IconButton size="sm" label="Export" icon={<Download strokeWidth={1.5} />} />}>
      {exports.map(({ format, label }) => (
        <MenuLink key={format} href={`${path}?${new URLSearchParams({ ...replayQuery(of), format })}`}>
          {label}
        </MenuLink>
      ))}
    </Menu>
  )
}

function OpenFile({ onFile }: { onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="Asciicast file"
        accept=".cast,.json,application/x-asciicast"
        onChange={(event) => {
          const [file] = event.target.files ?? []
          if (file) onFile(file)
          event.target.value = ''
        }}
      />
      <Button size="sm" icon={<FolderOpen strokeWidth={1.5} />} onClick={() => input.current?.click()}>
        Open file…
      </Button>
    </>
  )
}

const originWords: Record<ReplayRef['kind'], string> = {
  run: 'Run',
  command: 'Log',
  cell: 'Notebook',
  recording: 'Recordings',
  file: 'File',
}

/** The page from which the replay was opened. */
function originOf(target: string, sandboxId: string, of: ReplayRef): string {
  switch (of.kind) {
    case 'run':
      return sandboxAddress(target, sandboxId, 'run', of.runId)
    case 'command':
      return sandboxAddress(target, sandboxId, 'sessions', of.sessionId, of.commandId)
    case 'cell':
      return sandboxAddress(target, sandboxId, 'interpreter')
    case 'recording':
      return replayAddress(target, sandboxId)
    case 'file':
      return sandboxAddress(target, sandboxId, 'files', ...of.path.split('/').filter((name) => name !== ''))
  }
}

function failureOf(error: Error): Failure {
  if (error instanceof CastError) return { code: 'NOT_A_RECORDING', message: error.message }
  return toCallFailure(error)
}

function keyOf(file: File | null, of: ReplayRef | null): string {
  return file ? `${file.name} ${file.size} ${file.lastModified}` : JSON.stringify(of)
}
