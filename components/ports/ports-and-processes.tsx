'use client'
import { useQuery } from '@tanstack/react-query'
import { ProcessesPage } from '@/components/processes/processes-page'
import { useTarget } from '@/components/target/target-provider'
import { sandboxQuery } from '@/lib/queries/reads'
import { PortsPane } from './ports-pane'
import { PreviewPane } from './preview-pane'
import { usePreviewedPort } from './use-previewed-port'

/** The Processes page of a sandbox: its listening ports, its processes, and the preview of a port. */
export function PortsAndProcesses({ sandboxId }: { sandboxId: string }) {
  const { data: sandbox } = useQuery(sandboxQuery(useTarget(), sandboxId))
  const [previewed, preview] = usePreviewedPort()
  const running = sandbox?.state === 'started'
  return (
    <ProcessesPage
      sandboxId={sandboxId}
      above={<PortsPane sandboxId={sandboxId} running={running} previewed={previewed} onPreview={preview} />}
      aside={
        running &&
        previewed !== null && (
          <div className="min-h-0 border-line max-lg:h-1/2 max-lg:shrink-0 max-lg:border-t lg:w-1/2 lg:border-l">
            <PreviewPane key={previewed} sandboxId={sandboxId} port={previewed} onClose={() => preview(null)} />
          </div>
        )
      }
    />
  )
}
