/** The rows of the file tree: entries of the open folders, each folder followed by its contents. */
import type { FileInfo } from '@/lib/process-api/files'
import { joinPath } from './paths'

export interface EntryRow {
  kind: 'entry'
  path: string
  name: string
  entry: FileInfo
  depth: number
  /** Position among its siblings, from 1, and their number. */
  position: number
  siblings: number
  expanded: boolean
}

/** A row in place of entries: a folder that is being read, is empty or failed. */
export interface NoteRow {
  kind: 'note'
  path: string
  depth: number
  note: 'loading' | 'empty' | 'failed'
  message?: string
}

export type TreeRow = EntryRow | NoteRow

export interface FolderState {
  entries?: readonly FileInfo[]
  error?: string
}

/**
 * @param folders what is known of each open folder, by path
 * @param expanded paths of open folders
 */
export function treeRows(
  root: string,
  folders: ReadonlyMap<string, FolderState>,
  expanded: ReadonlySet<string>,
): TreeRow[] {
  const rows: TreeRow[] = []
  const add = (folder: string, depth: number) => {
    const state = folders.get(folder)
    if (!state?.entries) {
      const failed = state?.error !== undefined
      rows.push({ kind: 'note', path: folder, depth, note: failed ? 'failed' : 'loading', message: state?.error })
      return
    }
    if (state.entries.length === 0) rows.push({ kind: 'note', path: folder, depth, note: 'empty' })
    const sorted = sortEntries(state.entries)
    sorted.forEach((entry, index) => {
      const path = joinPath(folder, entry.name)
      const isOpen = canExpand(entry) && expanded.has(path)
      rows.push({
        kind: 'entry',
        path,
        name: entry.name,
        entry,
        depth,
        position: index + 1,
        siblings: sorted.length,
        expanded: isOpen,
      })
      if (isOpen) add(path, depth + 1)
    })
  }
  add(root, 0)
  return rows
}

/** A folder that a request can name. */
export function canExpand(entry: FileInfo): boolean {
  return entry.isDir
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })
const sortedLists = new WeakMap<readonly FileInfo[], readonly FileInfo[]>()

/** Folders first, then by name with numbers in their order. Sorted once per list. */
export function sortEntries(entries: readonly FileInfo[]): readonly FileInfo[] {
  const known = sortedLists.get(entries)
  if (known) return known
  const sorted = entries.toSorted(
    (a, b) => Number(b.isDir) - Number(a.isDir) || collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1),
  )
  sortedLists.set(entries, sorted)
  return sorted
}
