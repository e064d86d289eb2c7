import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { AppShell } from '@/components/shell/app-shell'
import { WallPage } from '@/components/wall/wall-page'
import { prefetch, prefetchSandboxes } from '@/lib/reads/prefetch'

export const metadata: Metadata = { title: 'Live wall' }

/** Live panes of many sandboxes of a target. What is shown is in the query. */
export default async function Wall({ params }: { params: Promise<{ target: string }> }) {
  const { target } = await params
  return (
    <HydrationBoundary state={await prefetch(target, prefetchSandboxes)}>
      <AppShell breadcrumb={<span className="text-body text-ink-2">Live wall</span>}>
        <WallPage />
      </AppShell>
    </HydrationBoundary>
  )
}
