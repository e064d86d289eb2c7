/** `GET /sandbox`: filters, order and cursor pages (process API 3.6). */
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import { type SandboxState, sandboxState } from '@/lib/process-api/sandbox'
import type { SandboxRecord } from './sandbox-record'

export interface ListedSandbox {
  record: SandboxRecord
  state: SandboxState
}

const number = z.coerce.number()
const time = z.string().transform((text, context) => {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) context.addIssue({ code: 'custom', message: 'is no ISO 8601 time' })
  return ms
})
const sortKeys = ['name', 'cpu', 'memoryGib', 'diskGib', 'lastActivityAt', 'createdAt'] as const

const listQuery = z.object({
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(100),
  id: z.string().optional(),
  name: z.string().optional(),
  labels: z.string().optional(),
  states: z.array(sandboxState.exclude(['destroyed'])),
  snapshots: z.array(z.string()),
  isPublic: z.enum(['true', 'false']).optional(),
  minCpu: number.optional(),
  maxCpu: number.optional(),
  minMemoryGiB: number.optional(),
  maxMemoryGiB: number.optional(),
  minDiskGiB: number.optional(),
  maxDiskGiB: number.optional(),
  createdAtAfter: time.optional(),
  createdAtBefore: time.optional(),
  lastEventAfter: time.optional(),
  lastEventBefore: time.optional(),
  sort: z.enum(sortKeys).default('lastActivityAt'),
  order: z.enum(['asc', 'desc']).default('desc'),
})
type ListQuery = z.infer<typeof listQuery>

const labelsFilter = z.record(z.string(), z.string())
/** A page continues after this sandbox, which may be gone by then: so its sort value travels along. */
const cursorContent = z.tuple([
  z.enum(sortKeys),
  z.enum(['asc', 'desc']),
  z.union([z.string(), z.number()]),
  z.string(),
])

/**
 * One page. Throws `BAD_REQUEST` naming the parameter that is wrong.
 * @param all every sandbox that is not destroyed, in any order
 */
export function listPage<Item extends ListedSandbox>(
  all: Iterable<Item>,
  search: URLSearchParams,
): { items: Item[]; nextCursor: string | null } {
  const query = readQuery(search)
  const labels = query.labels === undefined ? null : readLabels(query.labels)
  const rank = ranking(query)
  const sorted = [...all]
    .filter((item) => matches(item, query, labels))
    .sort((a, b) => rank(position(a, query), position(b, query)))
  const after = query.cursor === undefined ? null : readCursor(query.cursor, query)
  const rest = after === null ? sorted : sorted.filter((item) => rank(position(item, query), after) > 0)
  const items = rest.slice(0, query.limit)
  const last = items.at(-1)
  return { items, nextCursor: last && rest.length > items.length ? writeCursor(position(last, query), query) : null }
}

function readQuery(search: URLSearchParams): ListQuery {
  const values: Record<string, unknown> = {}
  for (const [key, value] of search) if (value !== '') values[key] = value
  values.states = search.getAll('states').filter(Boolean)
  values.snapshots = search.getAll('snapshots').filter(Boolean)
  const parsed = listQuery.safeParse(values)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new ApiError('BAD_REQUEST', `${issue?.path.join('.') ?? 'query'}: ${issue?.message ?? 'not valid'}`)
}

function readLabels(text: string): Record<string, string> {
  try {
    return labelsFilter.parse(JSON.parse(text))
  } catch (error) {
    throw new ApiError('BAD_REQUEST', 'labels: a JSON object of texts is needed', {}, { cause: error })
  }
}

function matches(item: ListedSandbox, query: ListQuery, labels: Record<string, string> | null): boolean {
  const { record, state } = item
  const prefix = (value: string, start: string | undefined) =>
    start === undefined || value.toLowerCase().startsWith(start.toLowerCase())
  const within = (value: number, min: number | undefined, max: number | undefined) =>
    (min === undefined || value >= min) && (max === undefined || value <= max)
  return (
    prefix(record.id, query.id) &&
    prefix(record.name, query.name) &&
    Object.entries(labels ?? {}).every(([key, value]) => record.labels[key] === value) &&
    (query.states.length === 0 || query.states.some((wanted) => wanted === state)) &&
    (query.snapshots.length === 0 || query.snapshots.includes(record.snapshot)) &&
    (query.isPublic === undefined || record.public === (query.isPublic === 'true')) &&
    within(record.cpu, query.minCpu, query.maxCpu) &&
    within(record.memory, query.minMemoryGiB, query.maxMemoryGiB) &&
    within(record.disk, query.minDiskGiB, query.maxDiskGiB) &&
    within(Date.parse(record.createdAt), query.createdAtAfter, query.createdAtBefore) &&
    within(Date.parse(record.lastActivityAt), query.lastEventAfter, query.lastEventBefore)
  )
}

interface Position {
  value: string | number
  id: string
}

function position({ record }: ListedSandbox, query: ListQuery): Position {
  const values = {
    name: record.name,
    cpu: record.cpu,
    memoryGib: record.memory,
    diskGib: record.disk,
    lastActivityAt: record.lastActivityAt,
    createdAt: record.createdAt,
  }
  return { value: values[query.sort], id: record.id }
}

/** The id decides between equal values, so that no page repeats or skips anything. */
function ranking(query: ListQuery): (a: Position, b: Position) => number {
  const direction = query.order === 'asc' ? 1 : -1
  return (a, b) => {
    if (a.value !== b.value) return a.value < b.value ? -direction : direction
    return a.id === b.id ? 0 : a.id < b.id ? -1 : 1
  }
}

function writeCursor(at: Position, query: ListQuery): string {
  return Buffer.from(JSON.stringify([query.sort, query.order, at.value, at.id])).toString('base64url')
}

function readCursor(cursor: string, query: ListQuery): Position {
  try {
    const [sort, order, value, id] = cursorContent.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
    if (sort !== query.sort || order !== query.order) throw new Error('another order')
    return { value, id }
  } catch (error) {
    throw new ApiError(
      'BAD_REQUEST',
      'cursor: not one of this list; start again without a cursor',
      {},
      { cause: error },
    )
  }
}
