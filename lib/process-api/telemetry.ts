/** Wire schemas of the measurements over time that an API may keep of a sandbox. */
import { z } from 'zod'
import { pageNumbers } from './sandbox-list'

export const metricsResponseSchema = z.object({
  series: z.array(
    z.object({
      metricName: z.string(),
      dataPoints: z.array(z.object({ timestamp: z.string(), value: z.number() })),
    }),
  ),
})
export type MetricsResponse = z.infer<typeof metricsResponseSchema>

/** Query of the lists of logs and traces. */
export const telemetryQuerySchema = z.object({ page: z.coerce.number().int().min(1).default(1) })

export const telemetryPageSchema = z.object({ items: z.array(z.unknown()), ...pageNumbers })
export type TelemetryPage = z.infer<typeof telemetryPageSchema>
