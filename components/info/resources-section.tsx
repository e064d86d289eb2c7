'use client'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { resourceDisplay } from '@/components/shell/resource-display'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { classNames } from '@/components/ui/class-names'
import { ErrorState } from '@/components/ui/error-state'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { formatBytes } from '@/components/ui/quantity'
import { counted } from '@/lib/display/counted'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { toCallFailure } from '@/lib/queries/call-failure'
import { usageQuery } from '@/lib/queries/reads'
import { ResizeDialog } from './resize-dialog'
import { Missing, Section } from './section'

const gibibyte = 1024 ** 3

/** What the sandbox uses now, of which limit, and who enforces it. */
export function ResourcesSection({ sandbox }: { sandbox: SandboxDto }) {
  const target = useTarget()
  const running = sandbox.state === 'started'
  const { data, error, refetch } = useQuery({ ...usageQuery(target, sandbox.id), enabled: running })
  const [resizing, setResizing] = useState(false)
  const usage = running ? data : undefined
  const { explanation, isWeak } = resourceDisplay(sandbox)
  return (
    <Section title="Resources" action={<Button onClick={() => setResizing(true)}>Resize…</Button>}>
      {!running && <Missing>CPU, memory and processes are measured while the sandbox runs.</Missing>}
      {error && usage === undefined && running && (
        <ErrorState compact failure={toCallFailure(error)} onRetry={() => refetch()} />
      )}
      <ul aria-label="Usage" className="grid gap-x-6 gap-y-3 sm:grid-cols-2">
        <Cpu usage={usage?.metrics?.cpuUsedPct} cores={sandbox.cpu} />
        <Memory usage={usage?.metrics?.memUsed} limit={sandbox.memory * gibibyte} />
        <Processes usage={usage?.processes} limit={sandbox.isolation?.limits?.processes ?? null} />
        <Disk sandbox={sandbox} fileSystem={usage?.metrics} />
      </ul>
      {usage?.metrics === null && <Missing>This target does not measure CPU and memory.</Missing>}
      {usage && usage.processes === null && <Missing>This target does not count processes.</Missing>}
      {explanation ? (
        <p className={classNames('text-label', isWeak ? 'text-time' : 'text-ink-3')}>
          <OutsideText text={explanation} />
        </p>
      ) : (
        <Missing>This target does not report who enforces the limits.</Missing>
      )}
      <ResizeDialog sandbox={sandbox} open={resizing} onOpenChange={setResizing} />
    </Section>
  )
}

function Cpu({ usage, cores }: { usage: number | undefined; cores: number }) {
  return (
    <Meter
      label="CPU"
      value={usage === undefined ? '–' : `${usage.toFixed(1)} %`}
      limit={`of ${counted(cores, 'core')}`}
      share={usage === undefined ? null : usage / 100}
    />
  )
}

function Memory({ usage, limit }: { usage: number | undefined; limit: number }) {
  return (
    <Meter
      label="Memory"
      value={usage === undefined ? '–' : formatBytes(usage)}
      limit={`of ${formatBytes(limit)}`}
      share={usage === undefined ? null : usage / limit}
    />
  )
}

function Processes({
  usage,
  limit,
}: {
  usage: { count: number; threads: number } | null | undefined
  limit: number | null
}) {
  return (
    <Meter
      label="Processes"
      value={usage ? String(usage.count) : '–'}
      limit={[usage && `${usage.threads} threads`, limit !== null && `at most ${limit}`].filter(Boolean).join(' · ')}
      share={usage && limit !== null ? usage.threads / limit : null}
    />
  )
}

/** The size of the home directory; on a target that does not measure it, of its file system. */
function Disk({
  sandbox,
  fileSystem,
}: {
  sandbox: SandboxDto
  fileSystem: { diskUsed?: number | undefined; diskTotal?: number | undefined } | null | undefined
}) {
  const home = sandbox.diskUsage
  if (home) {
    return (
      <Meter
        label="Home directory"
        value={formatBytes(home.homeBytes)}
        limit={
          <>
            {formatBytes(home.totalBytes)} with logs · measured at <LocalTime iso={home.measuredAt} />
          </>
        }
        share={null}
      />
    )
  }
  const { diskUsed, diskTotal } = fileSystem ?? {}
  const isKnown = diskUsed !== undefined && diskTotal !== undefined
  return (
    <Meter
      label={isKnown ? 'Disk' : 'Home directory'}
      value={isKnown ? formatBytes(diskUsed) : '–'}
      limit={isKnown ? `of ${formatBytes(diskTotal)} in the whole file system` : 'not measured yet'}
      share={isKnown && diskTotal > 0 ? diskUsed / diskTotal : null}
    />
  )
}

function Meter({
  label,
  value,
  limit,
  share,
}: {
  label: string
  value: string
  limit: ReactNode
  /** Used part of the limit, from 0 to 1; null without a bar. */
  share: number | null
}) {
  const percent = share === null ? 0 : Math.min(100, Math.max(0, share * 100))
  return (
    <li className="min-w-0">
      <p className="text-label text-ink-3">{label}</p>
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="text-title font-semibold tabular-nums">{value}</span>
        <span className="text-label text-ink-3 tabular-nums">{limit}</span>
      </p>
      {share !== null && (
        <div aria-hidden="true" className="mt-1 h-1 overflow-hidden rounded-full bg-hover">
          <div
            className={classNames('h-full', percent >= 90 ? 'bg-time' : 'bg-accent')}
            style={{ width: `${percent}%` }}
          />
        </div>
      )}
    </li>
  )
}
