'use client'
import { Play } from 'lucide-react'
import { useStartSandbox } from '@/components/sandboxes/sandbox-mutations'
import { Button } from '@/components/ui/button'
import { LocalTime, useInBrowser } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { toCallFailure } from '@/lib/queries/call-failure'

/** Says why the sandbox is stopped, and starts it. Recorded runs and sessions stay readable. */
export function StoppedBanner({ sandbox }: { sandbox: SandboxDto }) {
  const start = useStartSandbox()
  if (!['stopped', 'archived', 'error'].includes(sandbox.state ?? '')) return null
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-raised px-3 py-1.5 text-body">
      <p className="min-w-0 flex-1">
        <StopCause sandbox={sandbox} /> You can still read its runs and sessions. Start it to run more.
        {start.error && (
          <span role="alert" className="block text-fail">
            <OutsideText text={toCallFailure(start.error).message} />
          </span>
        )}
      </p>
      <Button icon={<Play strokeWidth={1.5} />} busy={start.isPending} onClick={() => start.mutate(sandbox.id)}>
        Start
      </Button>
    </div>
  )
}

function StopCause({ sandbox: { state, errorReason, lastStop } }: { sandbox: SandboxDto }) {
  const inBrowser = useInBrowser()
  if (state === 'error') return <OutsideText text={`This sandbox failed${errorReason ? `: ${errorReason}` : '.'}`} />
  if (state === 'archived') return 'This sandbox is archived. Starting it restores its files.'
  if (!lastStop) return 'This sandbox is stopped.'
  const time = <LocalTime iso={lastStop.at} minutes />
  // The server does not know the user's timezone, so its first paint leaves the time out.
  if (lastStop.reason === 'person') return <>Stopped on request{inBrowser && <> at {time}</>}.</>
  return (
    <>
      {time} <OutsideText text={lastStop.message} />
    </>
  )
}
