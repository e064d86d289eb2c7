'use client'
import { Button } from '@/components/ui/button'
import { ConfirmPopover } from '@/components/ui/confirm-popover'
import { OutsideText } from '@/components/ui/outside-text'
import { formatCoarseAge } from '@/components/ui/quantity'
import { counted } from '@/lib/display/counted'
import { visibleText } from '@/lib/display/visible-text'
import type { Survivor } from '@/lib/process-api/execution'
import { toCallFailure } from '@/lib/queries/call-failure'

/** The mutation that stops a run or command, as far as this bar needs it. */
interface StopMutation {
  mutateAsync: (executionId: string) => Promise<unknown>
  isPending: boolean
  error: Error | null
}

/** Processes that outlived the run or command that started them, and a button that kills them. */
export function Survivors({
  executionId,
  survivors,
  stop,
}: {
  executionId: string
  survivors: readonly Survivor[]
  /** Stopping an execution that has ended kills its survivors. */
  stop: StopMutation
}) {
  if (survivors.length === 0) return null
  const count = counted(survivors.length, 'process', 'processes')
  return (
    <div className="tone-time flex shrink-0 items-start gap-2 border-b border-tone/40 tone-ground px-3 py-1.5 text-body">
      <details className="min-w-0 flex-1" open={survivors.length <= 2}>
        <summary>
          {count} {survivors.length === 1 ? 'is' : 'are'} still running in the background.
        </summary>
        <ul className="mt-0.5 font-mono text-label text-ink-2">
          {survivors.map((survivor) => (
            <li key={survivor.pid} className="truncate" title={visibleText(survivor.command, { lines: true })}>
              {survivor.pid} · <OutsideText text={survivor.command} />
              {survivor.ageSeconds !== null && ` · ${formatCoarseAge(survivor.ageSeconds * 1000)}`}
            </li>
          ))}
        </ul>
      </details>
      <ConfirmPopover
        trigger={
          <Button size="sm" variant="danger" busy={stop.isPending}>
            Kill
          </Button>
        }
        title={`Kill ${count}?`}
        confirm={`Kill ${count}`}
        onConfirm={() => stop.mutateAsync(executionId)}
        error={stop.error && toCallFailure(stop.error).message}
      >
        The processes get SIGTERM, then SIGKILL. Their output is kept.
      </ConfirmPopover>
    </div>
  )
}
