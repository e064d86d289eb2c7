'use client'
import { Button } from '@/components/ui/button'
import { ConfirmPopover } from '@/components/ui/confirm-popover'
import { OutsideText } from '@/components/ui/outside-text'
import { formatCoarseAge } from '@/components/ui/quantity'
import { visibleText } from '@/lib/display/visible-text'
import type { Survivor } from '@/lib/process-api/execution'

/** Processes that outlived the command that started them, and the way to end them. */
export function Survivors({
  survivors,
  onKill,
  error,
}: {
  survivors: readonly Survivor[]
  onKill: () => Promise<unknown>
  error: string | null
}) {
  if (survivors.length === 0) return null
  const many = survivors.length === 1 ? '1 process' : `${survivors.length} processes`
  return (
    <div className="tone-time flex shrink-0 items-start gap-2 border-b border-tone/40 tone-ground px-3 py-1.5 text-body">
      <details className="min-w-0 flex-1" open={survivors.length <= 2}>
        <summary>
          {many} still {survivors.length === 1 ? 'runs' : 'run'} in the background.
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
          <Button size="sm" variant="danger">
            Kill
          </Button>
        }
        title={`Kill ${many}?`}
        confirm={`Kill ${many}`}
        onConfirm={onKill}
        error={error}
      >
        They get SIGTERM, then SIGKILL. What they have printed stays.
      </ConfirmPopover>
    </div>
  )
}
