/** Queries of the two lists of sandboxes, `GET /sandbox` and the older `GET /sandbox/paginated` (process API 3.6). */
import { z } from 'zod'
import { sandboxDto, sandboxState } from './sandbox'

const number = z.coerce.number()
const flag = z.enum(['true', 'false'])
/** An ISO 8601 time, as milliseconds since the epoch. */
const time = z.string().transform((text, context) => {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) context.addIssue({ code: 'custom', message: 'is no ISO 8601 time' })
  return ms
})
const limit = z.coerce.number().int().min(1).max(200).default(100)
const order = z.enum(['asc', 'desc']).default('desc')
/** Destroyed sandboxes are never listed, so nobody can ask for them. */
const states = z.array(sandboxState.exclude(['destroyed'])).default([])
const names = z.array(z.string()).default([])

/** What both lists filter by. `id` and `name` are prefixes in any case; `labels` is the JSON text of an object. */
const filters = {
  id: z.string().optional(),
  name: z.string().optional(),
  labels: z.string().optional(),
  states,
  snapshots: names,
  includeErroredDeleted: flag.optional(),
  minCpu: number.optional(),
  maxCpu: number.optional(),
  minMemoryGiB: number.optional(),
  maxMemoryGiB: number.optional(),
  minDiskGiB: number.optional(),
  maxDiskGiB: number.optional(),
  lastEventAfter: time.optional(),
  lastEventBefore: time.optional(),
}

export const sandboxSortField = z.enum(['name', 'cpu', 'memoryGib', 'diskGib', 'lastActivityAt', 'createdAt'])
export const sortOrder = z.enum(['asc', 'desc'])

export const sandboxListQuery = z.object({
  cursor: z.string().optional(),
  limit,
  ...filters,
  regionIds: names,
  sandboxClasses: names,
  includeWarm: flag.optional(),
  isPublic: flag.optional(),
  isRecoverable: flag.optional(),
  minGpu: number.optional(),
  maxGpu: number.optional(),
  createdAtAfter: time.optional(),
  createdAtBefore: time.optional(),
  autoDestroyAtAfter: time.optional(),
  autoDestroyAtBefore: time.optional(),
  sort: sandboxSortField.default('lastActivityAt'),
  order,
})
export type SandboxListQuery = z.infer<typeof sandboxListQuery>

/** Deprecated: numbered pages of full DTOs. */
export const sandboxPagedQuery = z.object({
  page: z.coerce.number().int().min(1).default(1),
  limit,
  ...filters,
  regions: names,
  sort: z
    .enum(['id', 'name', 'state', 'snapshot', 'region', 'updatedAt', 'createdAt', 'lastActivityAt'])
    .default('createdAt'),
  order,
})
export type SandboxPagedQuery = z.infer<typeof sandboxPagedQuery>

/** What a numbered page of anything carries besides its items. */
export const pageNumbers = {
  total: z.number().int(),
  page: z.number().int(),
  totalPages: z.number().int(),
}
export const sandboxPaged = z.object({ items: z.array(sandboxDto), ...pageNumbers })
