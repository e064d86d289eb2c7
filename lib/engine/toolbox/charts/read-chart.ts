/** Validates a chart from the code's process, which may send anything. */
import { type Chart, chartSchema } from '@/lib/process-api/charts'

/** The chart; null if it is invalid. Fields that the contract does not have are dropped. */
export function readChart(value: unknown): Chart | null {
  const result = chartSchema.safeParse(value)
  return result.success ? result.data : null
}
