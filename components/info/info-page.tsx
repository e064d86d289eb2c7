'use client'
import { useQuery } from '@tanstack/react-query'
import { NetworkForm } from '@/components/sandboxes/network-dialog'
import { networkDisplay } from '@/components/sandboxes/network-display'
import { useTarget } from '@/components/target/target-provider'
import { OutsideText } from '@/components/ui/outside-text'
import { SkeletonRows } from '@/components/ui/skeleton'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { sandboxQuery } from '@/lib/queries/reads'
import { ConnectionSection } from './connection-section'
import { CopiesSection } from './copies-section'
import { IntervalsSection } from './intervals-section'
import { LabelsSection } from './labels-section'
import { OverviewSection } from './overview-section'
import { ResourcesSection } from './resources-section'
import { Section } from './section'

/** What a sandbox is, what it uses, and its settings. */
export function InfoPage({ sandboxId }: { sandboxId: string }) {
  const { data: sandbox } = useQuery(sandboxQuery(useTarget(), sandboxId))
  return (
    <section aria-label="Info" data-pane="" tabIndex={-1} className="min-h-0 flex-1 overflow-auto bg-surface">
      {sandbox ? (
        <>
          <div className="grid lg:grid-cols-2">
            <div className="min-w-0 lg:border-r lg:border-line">
              <OverviewSection sandbox={sandbox} />
              <ResourcesSection sandbox={sandbox} />
              <NetworkSection key={`${sandbox.networkPolicy} ${sandbox.networkAllowList}`} sandbox={sandbox} />
            </div>
            <div className="min-w-0">
              <LabelsSection sandbox={sandbox} />
              <IntervalsSection sandbox={sandbox} />
              <CopiesSection sandbox={sandbox} />
            </div>
          </div>
          <ConnectionSection sandbox={sandbox} />
        </>
      ) : (
        <SkeletonRows rows={8} label="Loading the sandbox" />
      )}
    </section>
  )
}

function NetworkSection({ sandbox }: { sandbox: SandboxDto }) {
  const { sentence, isWeak } = networkDisplay(sandbox)
  return (
    <Section title="Network">
      <p className={isWeak ? 'text-time' : 'text-ink-2'}>
        {sandbox.state === 'started' ? 'Now' : 'From the next start'}: <OutsideText text={sentence} />
      </p>
      <NetworkForm sandbox={sandbox} onDone={() => undefined} />
    </Section>
  )
}
