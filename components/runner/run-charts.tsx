'use client'
import { useQuery } from '@tanstack/react-query'
import { ChartView } from '@/components/charts/chart-view'
import { useTarget } from '@/components/target/target-provider'
import { useCapabilities } from '@/components/target/use-capabilities'
import { PaneBody } from '@/components/ui/pane'
import { Segmented } from '@/components/ui/segmented'
import type { RunDetail } from '@/lib/process-api/extensions'
import { hasEnded } from '@/lib/process-api/has-ended'
import { chartsQuery } from '@/lib/queries/reads'

function useRunCharts(sandboxId: string, run: RunDetail) {
  const target = useTarget()
  const { charts: supported } = useCapabilities(sandboxId)
  const query = chartsQuery(target, sandboxId, run.id, hasEnded(run.state))
  const { data = [] } = useQuery({ ...query, enabled: supported && run.language === 'python' })
  return data
}

/** The choice between output and charts; nothing while the run has shown no chart. */
export function RunChartsTabs({
  sandboxId,
  run,
  shown,
  onShow,
}: {
  sandboxId: string
  run: RunDetail
  shown: boolean
  onShow: (charts: boolean) => void
}) {
  const charts = useRunCharts(sandboxId, run)
  if (charts.length === 0) return null
  return (
    <div className="shrink-0 border-b border-line bg-surface px-3 py-1">
      <Segmented
        label="Part of the run"
        value={shown ? 'charts' : 'output'}
        onChange={(part) => onShow(part === 'charts')}
        options={[
          { value: 'output', label: 'Output' },
          { value: 'charts', label: `Charts ${charts.length}` },
        ]}
      />
    </div>
  )
}

/** All charts of a run. */
export function RunCharts({ sandboxId, run }: { sandboxId: string; run: RunDetail }) {
  const charts = useRunCharts(sandboxId, run)
  return (
    <PaneBody className="flex flex-col gap-4 p-3">
      {charts.map((chart, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: charts are only added
        <ChartView key={index} chart={chart} name={`chart-${index + 1}`} />
      ))}
    </PaneBody>
  )
}
