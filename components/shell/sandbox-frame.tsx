'use client'
import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { usePathname, useRouter } from 'next/navigation'
import type { ReactNode } from 'react'
import { useHotkey } from '@/components/keys/hotkeys'
import { SandboxMenu } from '@/components/sandboxes/sandbox-menu'
import { useTarget } from '@/components/shell/target-provider'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { StateChip } from '@/components/ui/state-chip'
import { sandboxLook } from '@/components/ui/state-look'
import { TabStrip } from '@/components/ui/tab-strip'
import { toCallFailure } from '@/lib/live/call-failure'
import { sandboxQuery } from '@/lib/live/reads'
import { homeAddress } from './addresses'
import { AppShell } from './app-shell'
import { IsolationBanner } from './isolation-banner'
import { NetworkNote } from './network-note'
import { useMarkOpen } from './open-sandboxes'
import { PlainTargetNote } from './plain-target-note'
import { ResourceNote } from './resource-note'
import { sandboxTabs } from './sandbox-tabs'
import { StoppedBanner } from './stopped-banner'
import { useAbilities } from './use-abilities'

/** Around every page of one sandbox: name and state in the top bar, warnings, tabs, then the page. */
export function SandboxFrame({ sandboxId, children }: { sandboxId: string; children: ReactNode }) {
  const router = useRouter()
  const target = useTarget()
  const path = usePathname()
  const tabs = sandboxTabs(target, sandboxId)
  const { data: sandbox, error, refetch } = useQuery(sandboxQuery(target, sandboxId))
  const { plain } = useAbilities(sandboxId)
  useMarkOpen(sandboxId)
  useHotkey('tab.1', () => router.push(tabs[0].href))
  useHotkey('tab.2', () => router.push(tabs[1].href))
  useHotkey('tab.3', () => router.push(tabs[2].href))
  const current = tabs.find((tab) => path === tab.href || path.startsWith(`${tab.href}/`))
  const failure = error && !sandbox ? toCallFailure(error) : null

  return (
    <AppShell
      sandboxId={sandboxId}
      place={
        <>
          <h1 className="truncate font-mono text-body">{sandbox?.name ?? sandboxId.slice(0, 8)}</h1>
          {sandbox && <StateChip look={sandboxLook(sandbox.state)} />}
          {sandbox && <ResourceNote sandbox={sandbox} />}
          {sandbox && <NetworkNote sandbox={sandbox} />}
          {sandbox && (
            <SandboxMenu sandbox={sandbox} align="start" onDeleted={() => router.push(homeAddress(target))} />
          )}
        </>
      }
    >
      {failure ? (
        <div className="flex flex-1 flex-col justify-center">
          <ErrorState
            failure={failure.status === 404 ? gone : failure}
            onRetry={failure.status === 404 ? undefined : () => refetch()}
            details={`sandbox ${sandboxId}`}
            action={
              <Button asChild>
                <Link href={homeAddress(target)}>All sandboxes</Link>
              </Button>
            }
          />
        </div>
      ) : (
        <>
          {sandbox?.isolation && <IsolationBanner warnings={sandbox.isolation.warnings} />}
          <TabStrip label="Pages of this sandbox" tabs={tabs} current={current?.href ?? ''} />
          {plain && <PlainTargetNote target={target} />}
          {sandbox && <StoppedBanner sandbox={sandbox} />}
          <div className="flex min-h-0 flex-1 flex-col">{children}</div>
        </>
      )}
    </AppShell>
  )
}

const gone = {
  code: 'NOT_FOUND',
  message: 'This sandbox does not exist.',
  hint: 'It may have been deleted. Its files and journals are gone with it.',
}
