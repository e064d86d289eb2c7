/** Wire schemas of snapshots: what a sandbox can be made from. */
import { z } from 'zod'
import { pageNumbers } from './sandbox-list'

export const snapshotStateSchema = z.enum([
  'building',
  'pending',
  'pulling',
  'snapshotting',
  'active',
  'inactive',
  'error',
  'build_failed',
  'removing',
])
export type SnapshotState = z.infer<typeof snapshotStateSchema>

/** Units: `size`, `mem` and `disk` GiB, `cpu` cores. What is unknown is null. */
export const snapshotDtoSchema = z.object({
  id: z.string(),
  organizationId: z.string().optional(),
  /** True for one that everybody has, not made by a person. */
  general: z.boolean(),
  name: z.string(),
  state: snapshotStateSchema,
  size: z.number().nullable(),
  entrypoint: z.array(z.string()).nullable(),
  cpu: z.number(),
  gpu: z.number(),
  mem: z.number(),
  disk: z.number(),
  errorReason: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
  /** When the newest of the existing sandboxes was created from it. */
  lastUsedAt: z.string().nullable(),
  sourceSandboxId: z.string().nullable(),
  sandboxClass: z.literal('container'),
  regionIds: z.array(z.string()),
})
export type SnapshotDto = z.infer<typeof snapshotDtoSchema>

export const snapshotPageSchema = z.object({ items: z.array(snapshotDtoSchema), ...pageNumbers })

export const snapshotQuerySchema = z.object({
  page: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(200).default(100),
  /** A part of the name, in any case. */
  name: z.string().optional(),
  sourceSandboxId: z.string().optional(),
  sort: z.enum(['name', 'state', 'lastUsedAt', 'createdAt']).default('lastUsedAt'),
  order: z.enum(['asc', 'desc']).default('desc'),
})
export type SnapshotQuery = z.infer<typeof snapshotQuerySchema>

/** A name is compared and never becomes a path; `name:tag` and slashes are usual in it. */
export const snapshotNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._/:-]{0,127}$/,
    'a snapshot name has 1 to 128 letters, digits, dots, hyphens, underscores, slashes or colons and starts with a letter or digit',
  )

/** Body of `POST /sandbox/{id}/snapshot`. */
export const createSandboxSnapshotRequestSchema = z.object({
  name: snapshotNameSchema,
  includeMemory: z.boolean().nullish(),
})
