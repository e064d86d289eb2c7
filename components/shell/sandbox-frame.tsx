'use client'
import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { usePathname, useRouter } from 'next/navigation'
import type { ReactNode } from 'react'
import { useHotkey } from '@/components/keys/hotkeys'
import { useNavigate } from '@/components/live/navigation-guard'
import { NewListeners } from '@/components/ports/new-listeners'
import { SandboxMenu } from '@/components/sandboxes/sandbox-menu'
import { homeAddress } from '@/components/target/addresses'
import { useMarkOpen } from '@/components/target/open-sandboxes'
import { sandboxTabs } from '@/components/target/sandbox-tabs'
import { useTarget } from '@/components/target/target-provider'
import { useCapabilities } from '@/components/target/use-capabilities'
import { Button } from '@/components/ui/button'
import { ErrorState, type Failure } from '@/components/ui/error-state'
import { OutsideText } from '@/components/ui/outside-text'
import { StateChip } from '@/components/ui/state-chip'
import { sandboxDisplay } from '@/components/ui/state-display'
import { TabStrip } from '@/components/ui/tab-strip'
import { visibleText } from '@/lib/display/visible-text'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { toCallFailure } from '@/lib/queries/call-failure'
import { sandboxQuery } from '@/lib/queries/reads'
import { AppShell } from './app-shell'
import { IsolationBanner } from './isolation-banner'
import { NetworkNote } from './network-note'
import { PlainTargetNote } from './plain-target-note'
import { ResourceNote } from './resource-note'
import { StoppedBanner } from './stopped-banner'
import { ToolboxNotice } from './toolbox-notice'

/** The frame of every page of one sandbox: name and state in the top bar, warnings, tabs, then the page. */
export function SandboxFrame({ sandboxId, children }: { sandboxId: string; children: ReactNode }) {
  const router = useRouter()
  const go = useNavigate()
  const target = useTarget()
  const path = usePathname()
  const tabs = sandboxTabs(target, sandboxId)
  const { data: sandbox, error, refetch } = useQuery(sandboxQuery(target, sandboxId))
  const { plain } = useCapabilities(sandboxId)
  useMarkOpen(sandboxId)
  const current = tabs.find((tab) => path === tab.href || path.startsWith(`${tab.href}/`))
  const absence = absenceOf(sandbox, error)
  const deleted = absence === notFound || absence === beingDeleted

  return (
    <AppShell
      sandboxId={sandboxId}
      breadcrumb={
        <>
          <h1 className="truncate font-mono text-body" title={sandbox && visibleText(sandbox.name)}>
            <OutsideText text={sandbox?.name ?? sandboxId.slice(0, 8)} />
          </h1>
          {sandbox && absence !== notFound && <StateChip display={sandboxDisplay(sandbox.state)} />}
          {sandbox && !deleted && <ResourceNote sandbox={sandbox} />}
          {sandbox && !deleted && <NetworkNote sandbox={sandbox} />}
          {sandbox && !deleted && (
            <SandboxMenu sandbox={sandbox} align="start" onDeleted={() => router.push(homeAddress(target))} />
          )}
        </>
      }
    >
      {absence ? (
        <div className="flex flex-1 flex-col justify-center">
          <ErrorState
            failure={absence}
            onRetry={deleted ? undefined : () => refetch()}
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
          {tabs.map((tab) => (
            <TabKey key={tab.href} tab={tab} onOpen={() => go(tab.href)} />
          ))}
          <TabStrip label="Pages of this sandbox" tabs={tabs} current={current?.href ?? ''} />
          {plain && <PlainTargetNote target={target} />}
          {sandbox && <StoppedBanner sandbox={sandbox} />}
          {sandbox?.state === 'started' && sandbox.toolboxNotice && <ToolboxNotice notice={sandbox.toolboxNotice} />}
          <NewListeners key={`${target} ${sandboxId}`} sandboxId={sandboxId} running={sandbox?.state === 'started'} />
          <div className="flex min-h-0 flex-1 flex-col">{children}</div>
        </>
      )}
    </AppShell>
  )
}

/** The number key of a page. */
function TabKey({ tab, onOpen }: { tab: ReturnType<typeof sandboxTabs>[number]; onOpen: () => void }) {
  useHotkey(tab.hotkey, onOpen)
  return null
}

/** Why the sandbox cannot be shown, even when it was shown until now; null when it can. */
function absenceOf(sandbox: SandboxDto | undefined, error: Error | null): Failure | null {
  const failure = error && toCallFailure(error)
  if (failure?.status === 404) return notFound
  if (sandbox?.state === 'destroying' || sandbox?.state === 'destroyed') return beingDeleted
  return sandbox ? null : failure
}

const beingDeleted = {
  code: 'CONFLICT',
  message: 'This sandbox is being deleted.',
  hint: 'Its files, sessions and runs are deleted too.',
}

const notFound = {
  code: 'NOT_FOUND',
  message: 'This sandbox does not exist.',
  hint: 'It may have been deleted, together with its files and runs.',
}
