/** The order of the list of sandboxes. */
import { sandboxDisplay } from '@/components/ui/state-display'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { sandboxLanguage } from './filter'
import { networkDisplay } from './network-display'

export const sortColumns = ['name', 'state', 'language', 'network', 'activity', 'created'] as const
export type SortColumn = (typeof sortColumns)[number]

export interface Sort {
  column: SortColumn
  descending: boolean
}

/** Newest first. */
export const defaultSort: Sort = { column: 'created', descending: true }

/** Reads `name` or `-name`; the default for any other text. */
export function parseSort(text: string): Sort {
  const column = sortColumns.find((it) => it === text.replace(/^-/, ''))
  return column ? { column, descending: text.startsWith('-') } : defaultSort
}

export function formatSort({ column, descending }: Sort): string {
  return `${descending ? '-' : ''}${column}`
}

/** Times start with the newest, everything else with A. The same column again reverses the order. */
export function nextSort(sort: Sort, column: SortColumn): Sort {
  if (sort.column === column) return { column, descending: !sort.descending }
  return { column, descending: column === 'activity' || column === 'created' }
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

export function sortSandboxes(sandboxes: readonly SandboxListItem[], { column, descending }: Sort): SandboxListItem[] {
  const isTime = column === 'activity' || column === 'created'
  const keyed = sandboxes.map((sandbox) => ({ sandbox, key: keyOf(sandbox, column) }))
  // ISO times are in order as they are; comparing them in a language is slow.
  const compare = (a: string, b: string) => (isTime ? (a < b ? -1 : a > b ? 1 : 0) : collator.compare(a, b))
  keyed.sort((a, b) => (descending ? compare(b.key, a.key) : compare(a.key, b.key)))
  return keyed.map(({ sandbox }) => sandbox)
}

function keyOf(sandbox: SandboxListItem, column: SortColumn): string {
  switch (column) {
    case 'name':
      return sandbox.name
    case 'state':
      return sandboxDisplay(sandbox.state).word
    case 'language':
      return sandboxLanguage(sandbox)
    case 'network':
      return networkDisplay(sandbox).word
    case 'activity':
      return sandbox.lastActivityAt ?? ''
    case 'created':
      return sandbox.createdAt ?? ''
    default:
      return column satisfies never
  }
}
