'use client'
import { Play } from 'lucide-react'
import { useStartSandbox } from '@/components/sandboxes/changes'
import { Button } from '@/components/ui/button'
import { toCallFailure } from '@/lib/live/call-failure'
import type { SandboxDto } from '@/lib/process-api/sandbox'

/** Says that nothing can run here now, and starts the sandbox. What was recorded stays readable meanwhile. */
export function StoppedBanner({ sandbox }: { sandbox: SandboxDto }) {
  const start = useStartSandbox()
  if (sandbox.state !== 'stopped' && sandbox.state !== 'error') return null
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-raised px-3 py-1.5 text-body">
      <p className="min-w-0 flex-1">
        {sandbox.state === 'error'
          ? `This sandbox failed${sandbox.errorReason ? `: ${sandbox.errorReason}` : '.'}`
          : `This sandbox is stopped. ${sandbox.lastStop ? `${sandbox.lastStop.message} ` : ''}Its runs and sessions can be read; start it to run something.`}
        {start.error && (
          <span role="alert" className="block text-fail">
            {toCallFailure(start.error).message}
          </span>
        )}
      </p>
      <Button icon={<Play strokeWidth={1.5} />} busy={start.isPending} onClick={() => start.mutate(sandbox.id)}>
        Start
      </Button>
    </div>
  )
}
