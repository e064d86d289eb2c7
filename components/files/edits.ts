'use client'
/** Unsaved changes of text files. They outlive the page while the console stays open in this tab. */
import { useEffect, useSyncExternalStore } from 'react'
import type { FileInfo } from '@/lib/process-api/files'

/** What tells two versions of a file apart. */
export type Version = Pick<FileInfo, 'size' | 'modifiedAt'>

export interface Edit {
  text: string
  /** The version that was opened. */
  base: Version
  crlf: boolean
}

const edits = new Map<string, Edit>()
const listeners = new Set<() => void>()
let snapshot: ReadonlyMap<string, Edit> = new Map()

/** Identifies a file across all targets and sandboxes. */
export function editKey(target: string, sandboxId: string, path: string): string {
  return `${target}\n${sandboxId}\n${path}`
}

/** Stores the edit of a file, or with null forgets it. */
export function setEdit(key: string, edit: Edit | null): void {
  if (edit) edits.set(key, edit)
  else if (!edits.delete(key)) return
  snapshot = new Map(edits)
  for (const notify of listeners) notify()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** All unsaved edits by their key. */
export function useEdits(): ReadonlyMap<string, Edit> {
  return useSyncExternalStore(
    subscribe,
    () => snapshot,
    () => snapshot,
  )
}

/** Asks before the browser leaves the console while there are unsaved edits. */
export function useLeaveWarning(): void {
  const pending = useEdits().size > 0
  useEffect(() => {
    if (!pending) return
    const onLeave = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', onLeave)
    return () => removeEventListener('beforeunload', onLeave)
  }, [pending])
}

export function isSameVersion(a: Version, b: Version): boolean {
  return a.size === b.size && a.modifiedAt === b.modifiedAt
}
