'use client'
import { Button } from '@/components/ui/button'
import { OutsideText } from '@/components/ui/outside-text'
import { visibleText } from '@/lib/display/visible-text'
import type { FileStatus, NotebookFile } from './notebook-file'

const words: Partial<Record<FileStatus['kind'], string>> = {
  loading: 'opening…',
  saved: 'saved',
  unsaved: 'edited',
  saving: 'saving…',
  conflict: 'not saved',
  failed: 'not saved',
}

/** The name of the notebook's file, and whether it is saved. */
export function FileLabel({ path, status }: { path: string; status: FileStatus }) {
  return (
    <span className="flex min-w-0 items-center gap-1.5 text-label text-ink-3" title={visibleText(path)}>
      <span className="min-w-0 truncate font-mono text-ink-2">
        <OutsideText text={path} />
      </span>
      <span role="status">{words[status.kind]}</span>
    </span>
  )
}

/** What a person has to decide about the file. */
export function FileNote({ file, status }: { file: NotebookFile; status: FileStatus }) {
  if (status.kind === 'conflict') {
    return (
      <Note>
        <span className="flex-1">Someone else changed this file. Your changes are not saved.</span>
        <Button size="sm" onClick={() => void file.load()}>
          Discard mine and reload
        </Button>
        <Button size="sm" variant="danger" onClick={() => void file.overwrite()}>
          Overwrite with mine
        </Button>
      </Note>
    )
  }
  if (status.kind === 'failed' || status.kind === 'broken') {
    return (
      <Note>
        <span className="flex-1">
          <OutsideText text={status.message} />
        </span>
        <Button size="sm" onClick={() => (status.kind === 'failed' ? file.flush() : void file.load())}>
          Retry
        </Button>
      </Note>
    )
  }
  return null
}

function Note({ children }: { children: React.ReactNode }) {
  return (
    <div
      role="alert"
      className="tone-time tone-ground flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5 text-body text-ink"
    >
      {children}
    </div>
  )
}
