/** `GET /sandbox` and `GET /sandbox/paginated`: filters, order and pages (process API 3.6). */
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import type { SandboxState } from '@/lib/process-api/sandbox'
import {
  type SandboxListQuery,
  type SandboxPagedQuery,
  sandboxSortFieldSchema,
  sortOrderSchema,
} from '@/lib/process-api/sandbox-list'
import { isRecoverable, localClass, localTarget, type SandboxRecord } from '../sandbox/sandbox-record'
import { pageOf } from './page-of'

export interface ListedSandbox {
  record: SandboxRecord
  state: SandboxState
}

/** The filters of both queries. */
type Filters = Omit<SandboxPagedQuery, 'page' | 'regions' | 'sort'>

const labelsFilterSchema = z.record(z.string(), z.string())
/** A page continues after this sandbox, which may be deleted by then, so the cursor contains its sort value. */
const cursorContentSchema = z.tuple([
  sandboxSortFieldSchema,
  sortOrderSchema,
  z.union([z.string(), z.number()]),
  z.string(),
])

/**
 * One page, found by a cursor. Throws `BAD_REQUEST` naming the parameter that is wrong.
 * @param all every sandbox that is not destroyed, in any order
 */
export function listPage<Item extends ListedSandbox>(
  all: Iterable<Item>,
  query: SandboxListQuery,
): { items: Item[]; nextCursor: string | null } {
  const rank = ranking(query.order)
  const at = (item: ListedSandbox) => ({ value: sortValue(item, query.sort), id: item.record.id })
  const labels = readLabels(query.labels)
  const sorted = [...all]
    .filter((item) => matches(item, query, labels) && matchesMore(item, query))
    .sort((a, b) => rank(at(a), at(b)))
  const after = query.cursor === undefined ? null : readCursor(query.cursor, query)
  const rest = after === null ? sorted : sorted.filter((item) => rank(at(item), after) > 0)
  const items = rest.slice(0, query.limit)
  const last = items.at(-1)
  return { items, nextCursor: last && rest.length > items.length ? writeCursor(at(last), query) : null }
}

/** One page, found by its number, as older clients ask. Throws `BAD_REQUEST` likewise. */
export function numberedPage<Item extends ListedSandbox>(
  all: Iterable<Item>,
  query: SandboxPagedQuery,
): { items: Item[]; total: number; page: number; totalPages: number } {
  const rank = ranking(query.order)
  const at = (item: ListedSandbox) => ({ value: sortValue(item, query.sort), id: item.record.id })
  const labels = readLabels(query.labels)
  const sorted = [...all]
    .filter((item) => matches(item, query, labels) && isAmong(localTarget, query.regions))
    .sort((a, b) => rank(at(a), at(b)))
  return pageOf(sorted, query)
}

function readLabels(text: string | undefined): Record<string, string> {
  if (text === undefined) return {}
  try {
    return labelsFilterSchema.parse(JSON.parse(text))
  } catch (error) {
    throw new ApiError('BAD_REQUEST', 'labels must be a JSON object with string values', {}, { cause: error })
  }
}

/** `includeErroredDeleted` changes nothing: a deletion that failed is finished by the next start of the engine. */
function matches({ record, state }: ListedSandbox, query: Filters, labels: Record<string, string>): boolean {
  return (
    startsWith(record.id, query.id) &&
    startsWith(record.name, query.name) &&
    Object.entries(labels).every(([key, value]) => record.labels[key] === value) &&
    isAmong(state, query.states) &&
    isAmong(record.snapshot, query.snapshots) &&
    isWithin(record.cpu, query.minCpu, query.maxCpu) &&
    isWithin(record.memory, query.minMemoryGiB, query.maxMemoryGiB) &&
    isWithin(record.disk, query.minDiskGiB, query.maxDiskGiB) &&
    isWithin(Date.parse(record.lastActivityAt), query.lastEventAfter, query.lastEventBefore)
  )
}

/** `includeWarm` changes nothing: warm toolboxes are not sandboxes yet. */
function matchesMore({ record, state }: ListedSandbox, query: SandboxListQuery): boolean {
  return (
    isAmong(localTarget, query.regionIds) &&
    isAmong(localClass, query.sandboxClasses) &&
    isFlag(record.public, query.isPublic) &&
    isFlag(isRecoverable(state), query.isRecoverable) &&
    isWithin(0, query.minGpu, query.maxGpu) &&
    isWithin(Date.parse(record.createdAt), query.createdAtAfter, query.createdAtBefore) &&
    isWithin(
      record.autoDestroyAt === null ? null : Date.parse(record.autoDestroyAt),
      query.autoDestroyAtAfter,
      query.autoDestroyAtBefore,
    )
  )
}

function startsWith(value: string, start: string | undefined): boolean {
  return start === undefined || value.toLowerCase().startsWith(start.toLowerCase())
}

function isAmong(value: string, wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.includes(value)
}

function isFlag(value: boolean, wanted: 'true' | 'false' | undefined): boolean {
  return wanted === undefined || value === (wanted === 'true')
}

/** A missing value never matches a range filter. */
function isWithin(value: number | null, min: number | undefined, max: number | undefined): boolean {
  if (min === undefined && max === undefined) return true
  return value !== null && (min === undefined || value >= min) && (max === undefined || value <= max)
}

function sortValue(
  { record, state }: ListedSandbox,
  field: SandboxListQuery['sort'] | SandboxPagedQuery['sort'],
): string | number {
  switch (field) {
    case 'memoryGib':
      return record.memory
    case 'diskGib':
      return record.disk
    case 'state':
      return state
    case 'region':
      return localTarget
    default:
      return record[field]
  }
}

interface Position {
  value: string | number
  id: string
}

/** The id decides between equal values, so that no page repeats or skips anything. */
function ranking(order: 'asc' | 'desc'): (a: Position, b: Position) => number {
  const direction = order === 'asc' ? 1 : -1
  return (a, b) => {
    if (a.value !== b.value) return a.value < b.value ? -direction : direction
    return a.id === b.id ? 0 : a.id < b.id ? -1 : 1
  }
}

function writeCursor(at: Position, query: SandboxListQuery): string {
  return Buffer.from(JSON.stringify([query.sort, query.order, at.value, at.id])).toString('base64url')
}

function readCursor(cursor: string, query: SandboxListQuery): Position {
  try {
    const [sort, order, value, id] = cursorContentSchema.parse(
      JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')),
    )
    if (sort !== query.sort || order !== query.order) throw new Error('the cursor belongs to another sort order')
    return { value, id }
  } catch (error) {
    throw new ApiError(
      'BAD_REQUEST',
      'cursor: does not belong to this list; repeat the request without a cursor',
      {},
      { cause: error },
    )
  }
}
