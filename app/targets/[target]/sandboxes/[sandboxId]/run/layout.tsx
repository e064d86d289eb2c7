import { HydrationBoundary } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { RunWorkbench } from '@/components/runner/run-workbench'
import { prefetch, prefetchRuns } from '@/lib/reads/prefetch'

/** One workbench for all runs of a sandbox, so that switching runs does not reset the editor. */
export default async function RunLayout({
  children,
  params,
}: {
  children: ReactNode
  params: Promise<{ target: string; sandboxId: string }>
}) {
  const { target, sandboxId } = await params
  return (
    <HydrationBoundary state={await prefetch(target, prefetchRuns(sandboxId))}>
      <RunWorkbench sandboxId={sandboxId} />
      {children}
    </HydrationBoundary>
  )
}
