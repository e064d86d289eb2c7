'use client'
import { ChartView } from '@/components/charts/chart-view'
import { chartSchema } from '@/lib/process-api/charts'

/** A chart that code has displayed by itself. Its values come from a program, so they are checked before use. */
export default function ChartValue({ value }: { value: unknown }) {
  const chart = chartSchema.safeParse(value)
  if (!chart.success)
    return <p className="text-body text-ink-3">This chart cannot be shown: its values are not valid.</p>
  return <ChartView chart={chart.data} />
}
