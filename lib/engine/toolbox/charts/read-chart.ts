/** A chart as the code's process sent it, checked: that process may send anything. */
import { type Chart, chartSchema } from '@/lib/process-api/charts'

/** The chart, or null where it is none. Fields that the contract does not have are dropped. */
export function readChart(value: unknown): Chart | null {
  const result = chartSchema.safeParse(value)
  return result.success ? result.data : null
}
