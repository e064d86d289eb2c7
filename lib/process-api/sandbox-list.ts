/** Queries of the two lists of sandboxes, `GET /sandbox` and the older `GET /sandbox/paginated` (process API 3.6). */
import { z } from 'zod'
import { sandboxDtoSchema, sandboxStateSchema } from './sandbox'

const numberSchema = z.coerce.number()
const flagSchema = z.enum(['true', 'false'])
/** An ISO 8601 time, as milliseconds since the epoch. */
const timeSchema = z.string().transform((text, context) => {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) context.addIssue({ code: 'custom', message: 'is no ISO 8601 time' })
  return ms
})
const limitSchema = z.coerce.number().int().min(1).max(200).default(100)
const orderSchema = z.enum(['asc', 'desc']).default('desc')
/** Destroyed sandboxes are never listed, so nobody can ask for them. */
const statesSchema = z.array(sandboxStateSchema.exclude(['destroyed'])).default([])
const namesSchema = z.array(z.string()).default([])

/** What both lists filter by. `id` and `name` are prefixes in any case; `labels` is the JSON text of an object. */
const filters = {
  id: z.string().optional(),
  name: z.string().optional(),
  labels: z.string().optional(),
  states: statesSchema,
  snapshots: namesSchema,
  includeErroredDeleted: flagSchema.optional(),
  minCpu: numberSchema.optional(),
  maxCpu: numberSchema.optional(),
  minMemoryGiB: numberSchema.optional(),
  maxMemoryGiB: numberSchema.optional(),
  minDiskGiB: numberSchema.optional(),
  maxDiskGiB: numberSchema.optional(),
  lastEventAfter: timeSchema.optional(),
  lastEventBefore: timeSchema.optional(),
}

export const sandboxSortFieldSchema = z.enum(['name', 'cpu', 'memoryGib', 'diskGib', 'lastActivityAt', 'createdAt'])
export const sortOrderSchema = z.enum(['asc', 'desc'])

export const sandboxListQuerySchema = z.object({
  cursor: z.string().optional(),
  limit: limitSchema,
  ...filters,
  regionIds: namesSchema,
  sandboxClasses: namesSchema,
  includeWarm: flagSchema.optional(),
  isPublic: flagSchema.optional(),
  isRecoverable: flagSchema.optional(),
  minGpu: numberSchema.optional(),
  maxGpu: numberSchema.optional(),
  createdAtAfter: timeSchema.optional(),
  createdAtBefore: timeSchema.optional(),
  autoDestroyAtAfter: timeSchema.optional(),
  autoDestroyAtBefore: timeSchema.optional(),
  sort: sandboxSortFieldSchema.default('lastActivityAt'),
  order: orderSchema,
})
export type SandboxListQuery = z.infer<typeof sandboxListQuerySchema>

/** Deprecated: numbered pages of full DTOs. */
export const sandboxPagedQuerySchema = z.object({
  page: z.coerce.number().int().min(1).default(1),
  limit: limitSchema,
  ...filters,
  regions: namesSchema,
  sort: z
    .enum(['id', 'name', 'state', 'snapshot', 'region', 'updatedAt', 'createdAt', 'lastActivityAt'])
    .default('createdAt'),
  order: orderSchema,
})
export type SandboxPagedQuery = z.infer<typeof sandboxPagedQuerySchema>

/** What a numbered page of anything carries besides its items. */
export const pageNumbers = {
  total: z.number().int(),
  page: z.number().int(),
  totalPages: z.number().int(),
}
export const sandboxPagedSchema = z.object({ items: z.array(sandboxDtoSchema), ...pageNumbers })
