/** Wire schema of warm pools: sandboxes that wait to be claimed (process API 5.9). */
import { z } from 'zod'

export const warmPoolDtoSchema = z.object({
  id: z.string(),
  organizationId: z.string(),
  snapshot: z.string(),
  target: z.string(),
  /** How many are wanted, and how many wait now. */
  pool: z.number().int(),
  currentSize: z.number().int(),
  cpu: z.number(),
  mem: z.number(),
  disk: z.number(),
  osUser: z.string(),
  env: z.record(z.string(), z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
})
export type WarmPoolDto = z.infer<typeof warmPoolDtoSchema>
