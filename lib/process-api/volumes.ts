/** Wire schemas of volumes. */
import { z } from 'zod'

export const volumeDtoSchema = z.object({
  id: z.string(),
  name: z.string(),
  organizationId: z.string(),
  state: z.enum(['creating', 'ready', 'pending_create', 'pending_delete', 'deleting', 'deleted', 'error']),
  createdAt: z.string(),
  updatedAt: z.string(),
  lastUsedAt: z.string().nullish(),
  errorReason: z.string().nullable(),
})
export type VolumeDto = z.infer<typeof volumeDtoSchema>
