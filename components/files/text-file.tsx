'use client'
import { useQueryClient } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { type ReactNode, useEffect, useEffectEvent, useState } from 'react'
import { useHotkey } from '@/components/keys/hotkeys'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import type { FileInfo } from '@/lib/process-api/files'
import { toCallFailure } from '@/lib/queries/call-failure'
import { fileHeadQuery, fileInfoQuery } from '@/lib/queries/file-reads'
import { editKey, isSameVersion, setEdit, useEdits, type Version } from './edits'
import { type DecodedText, decodeText, encodedText, languageOf, maxEditBytes } from './file-kind'
import { useWriteFile } from './file-mutations'
import { nameOf } from './paths'

const CodeEditor = dynamic(() => import('@/components/editor/code-editor'), {
  ssr: false,
  loading: () => <div className="h-full bg-term" />,
})
const DiffView = dynamic(() => import('@/components/editor/diff-view'), {
  ssr: false,
  loading: () => <div className="h-full bg-term" />,
})

export interface TextFileState {
  text: string
  dirty: boolean
  readOnly: string | null
  saving: boolean
  /** Somebody else changed or deleted the file since it was opened here. */
  conflict: 'changed' | 'deleted' | null
  failure: ReturnType<typeof toCallFailure> | null
  change: (text: string) => void
  save: () => void
  overwrite: () => void
  /** Drops the edit and shows the file as it is. */
  reload: () => void
}

/**
 * The text of a file with its unsaved edit. Without an edit, the text follows the file; with one, another version is a
 * conflict, which is shown before and checked again while saving.
 * @param info the last known information; `gone` says that the file was deleted or renamed since
 */
export function useTextFile(
  sandboxId: string,
  path: string,
  { info, gone }: { info: FileInfo; gone: boolean },
  read: DecodedText,
): TextFileState {
  const target = useTarget()
  const cache = useQueryClient()
  const key = editKey(target, sandboxId, path)
  const edit = useEdits().get(key)
  const write = useWriteFile(sandboxId)
  const version: Version = { size: info.size, modifiedAt: info.modifiedAt }
  const changed = edit !== undefined && (gone || !isSameVersion(edit.base, version))
  const readOnly = read.mixed ? 'This file mixes CRLF and LF line endings, which this editor would change.' : null
  const crlf = edit?.crlf ?? read.crlf

  const send = (expected: Version | null | undefined) => {
    const text = edit?.text ?? read.text
    if (write.isPending) return
    write.mutate(
      { path, text: encodedText(text, crlf), ...(expected === undefined ? {} : { expected }) },
      {
        onSuccess(stored) {
          cache.setQueryData(fileInfoQuery(target, sandboxId, path).queryKey, stored)
          const base = { size: stored.size, modifiedAt: stored.modifiedAt }
          const bytes = new TextEncoder().encode(encodedText(text, crlf))
          // The saved text need not be read again.
          cache.setQueryData(headQuery(target, sandboxId, path, base).queryKey, { bytes, whole: true })
          const now = latestEdit()
          // What was typed while saving is a new edit of the saved version.
          setEdit(key, now && now.text !== text ? { ...now, base } : null)
        },
      },
    )
  }
  const latestEdit = useEffectEvent(() => edit)
  return {
    text: edit?.text ?? read.text,
    dirty: edit !== undefined,
    readOnly,
    saving: write.isPending,
    conflict: changed ? (gone ? 'deleted' : 'changed') : null,
    failure: write.error && toCallFailure(write.error),
    change: (text) => setEdit(key, text === read.text && !changed ? null : { text, base: edit?.base ?? version, crlf }),
    save: () => edit && send(edit.base),
    overwrite: () => send(undefined),
    reload() {
      write.reset()
      setEdit(key, null)
    },
  }
}

/** The contents of one version of a file, as much of it as can be edited. */
export function headQuery(target: string, sandboxId: string, path: string, version: Version) {
  return fileHeadQuery(target, sandboxId, path, `${version.size} ${version.modifiedAt}`, maxEditBytes)
}

/** A text file in the editor, with what to do about a conflict. */
export function TextFile({
  path,
  line,
  state,
  theirs,
  children,
}: {
  path: string
  line: number | null
  state: TextFileState
  /** The text that the file has now. */
  theirs: string
  /** Shown instead of the editor, such as a preview. */
  children?: ReactNode
}) {
  const [showsDiff, setShowsDiff] = useState(false)
  const { conflict, failure } = state
  const isConflict = conflict !== null || failure?.code === 'CONFLICT'
  useEffect(() => {
    if (!isConflict) setShowsDiff(false)
  }, [isConflict])
  useHotkey('file.save', () => {
    if (!isConflict) state.save()
  })
  return (
    <div className="flex h-full min-h-0 flex-col">
      {state.readOnly && <Bar>This file is read-only here. {state.readOnly}</Bar>}
      {isConflict && (
        <Bar
          alert
          actions={
            <>
              {conflict !== 'deleted' && (
                <Button size="sm" aria-pressed={showsDiff} onClick={() => setShowsDiff(!showsDiff)}>
                  {showsDiff ? 'Back to editing' : 'Show diff'}
                </Button>
              )}
              {conflict !== 'deleted' && (
                <Button size="sm" onClick={state.reload}>
                  Reload
                </Button>
              )}
              <Button size="sm" busy={state.saving} onClick={state.overwrite}>
                {conflict === 'deleted' ? 'Save it again' : 'Overwrite'}
              </Button>
            </>
          }
        >
          {conflict === 'deleted'
            ? 'Someone else deleted or renamed this file. Your text is still here.'
            : 'Someone else changed this file. Your text is still here.'}
        </Bar>
      )}
      {failure && !isConflict && (
        <div className="shrink-0 border-b border-line p-2">
          <ErrorState compact failure={failure} details={`saving ${path}`} onRetry={state.save} />
        </div>
      )}
      <div className="min-h-0 flex-1">
        {showsDiff && isConflict ? (
          <DiffView before={{ label: 'The file now', text: theirs }} after={{ label: 'Your text', text: state.text }} />
        ) : (
          (children ?? (
            <CodeEditor
              key={path}
              value={state.text}
              language={languageOf(nameOf(path))}
              label={`Contents of ${nameOf(path)}`}
              hint="Empty file"
              readOnly={state.readOnly !== null}
              line={line}
              onChange={state.change}
            />
          ))
        )}
      </div>
    </div>
  )
}

function Bar({ children, actions, alert = false }: { children: ReactNode; actions?: ReactNode; alert?: boolean }) {
  return (
    <div
      role={alert ? 'alert' : undefined}
      className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-raised px-3 py-1.5 text-label text-ink-2"
    >
      <p className="min-w-0 flex-1">{children}</p>
      {actions}
    </div>
  )
}

/** Text that is shown, not edited, because only its beginning was read. */
export function TextHead({ path, bytes }: { path: string; bytes: Uint8Array }) {
  const decoded = decodeText(bytes, false)
  return (
    <CodeEditor
      key={path}
      value={decoded?.text ?? ''}
      language="text"
      label={`Beginning of ${nameOf(path)}`}
      hint=""
      readOnly
      onChange={() => undefined}
    />
  )
}
