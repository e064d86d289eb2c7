'use client'
import { Play } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { curlPost, useApiAccess } from '@/components/execution/api-access'
import { sandboxAddress } from '@/components/target/addresses'
import { useTarget } from '@/components/target/target-provider'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { ErrorState } from '@/components/ui/error-state'
import { toCallFailure } from '@/lib/queries/call-failure'
import { useCreateSandbox } from './sandbox-mutations'

/** Shown without sandboxes: one click creates one and opens its Run page with a sample program, which a second click runs. */
export function FirstRun({ onCreate }: { onCreate: () => void }) {
  const router = useRouter()
  const target = useTarget()
  const create = useCreateSandbox((sandbox) => router.push(`${sandboxAddress(target, sandbox.id, 'run')}?sample=first`))
  const start = () => create.mutate({ language: 'python', network: { kind: 'internet', allowList: '' } })
  return (
    <>
      <EmptyState
        title="No sandboxes yet"
        action={
          <>
            <Button
              variant="primary"
              size="lg"
              icon={<Play strokeWidth={1.5} />}
              busy={create.isPending}
              onClick={start}
            >
              Try a Python program
            </Button>
            <Button size="lg" hotkey="new.here" onClick={onCreate}>
              New sandbox…
            </Button>
          </>
        }
        call={curlPost(useApiAccess(), 'api', '/sandbox', {})}
      >
        A sandbox runs your code isolated from this machine. Create one with a small sample program, ready to run.
      </EmptyState>
      {create.error && (
        <div className="mx-auto max-w-[480px] px-6">
          <ErrorState compact failure={toCallFailure(create.error)} onRetry={start} />
        </div>
      )}
    </>
  )
}
