'use client'
import { Button } from '@/components/ui/button'
import { ConfirmPopover } from '@/components/ui/confirm-popover'
import { OutsideText } from '@/components/ui/outside-text'
import { formatCoarseAge } from '@/components/ui/quantity'
import { visibleText } from '@/lib/display/visible-text'
import type { Survivor } from '@/lib/process-api/execution'
import { toCallFailure } from '@/lib/queries/call-failure'
import { useStopRun } from './changes'

/** Processes that outlived the run that started them, and the way to end them. */
export function SurvivorsBar({
  sandboxId,
  runId,
  survivors,
}: {
  sandboxId: string
  runId: string
  survivors: readonly Survivor[]
}) {
  const stop = useStopRun(sandboxId)
  if (survivors.length === 0) return null
  const many = survivors.length === 1 ? '1 process' : `${survivors.length} processes`
  return (
    <div className="tone-time flex shrink-0 items-start gap-2 border-b border-tone/40 tone-ground px-3 py-1.5 text-body">
      <details className="min-w-0 flex-1" open={survivors.length === 1}>
        <summary>
          {many} still {survivors.length === 1 ? 'runs' : 'run'} in the background.
        </summary>
        <SurvivorList survivors={survivors} />
      </details>
      <ConfirmPopover
        trigger={
          <Button size="sm" variant="danger" busy={stop.isPending}>
            Kill
          </Button>
        }
        title={`Kill ${many}?`}
        confirm={`Kill ${many}`}
        onConfirm={() => stop.mutateAsync(runId)}
        error={stop.error && toCallFailure(stop.error).message}
      >
        They get SIGTERM, then SIGKILL. Output that they have written stays.
      </ConfirmPopover>
    </div>
  )
}

function SurvivorList({ survivors }: { survivors: readonly Survivor[] }) {
  return (
    <ul className="mt-0.5 font-mono text-label text-ink-2">
      {survivors.map((survivor) => (
        <li key={survivor.pid} className="truncate" title={visibleText(survivor.command, { lines: true })}>
          {survivor.pid} · <OutsideText text={survivor.command} />
          {survivor.ageSeconds !== null && ` · ${formatCoarseAge(survivor.ageSeconds * 1000)}`}
        </li>
      ))}
    </ul>
  )
}
