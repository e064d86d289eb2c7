/** Wire schema of `GET /system/metrics` (2.7). What cannot be known is left out. */
import { z } from 'zod'

const bytesSchema = z.number().int().min(0)

/** Memory and disk in bytes. `timestampUnix` is in seconds. */
export const systemMetricsSchema = z.object({
  /** Processors that the sandbox may use. */
  cpuCount: z.number().positive().optional(),
  /** Of all of `cpuCount`, over the last moment: 0 to 100. */
  cpuUsedPct: z.number().min(0).max(100).optional(),
  memTotal: bytesSchema.optional(),
  memUsed: bytesSchema.optional(),
  memCache: bytesSchema.optional(),
  diskTotal: bytesSchema.optional(),
  diskUsed: bytesSchema.optional(),
  diskFree: bytesSchema.optional(),
  timestamp: z.string(),
  timestampUnix: z.number().int(),
})
export type SystemMetrics = z.infer<typeof systemMetricsSchema>
