import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { AppShell } from '@/components/shell/app-shell'
import { MergedPage } from '@/components/wall/merged-page'
import { prefetch, prefetchSandboxes } from '@/lib/reads/prefetch'

export const metadata: Metadata = { title: 'Merged by time' }

/** Several logs of a target as one list. What is shown is in the query. */
export default async function Merged({ params }: { params: Promise<{ target: string }> }) {
  const { target } = await params
  return (
    <HydrationBoundary state={await prefetch(target, prefetchSandboxes)}>
      <AppShell breadcrumb={<span className="text-body text-ink-2">Live wall / merged by time</span>}>
        <MergedPage />
      </AppShell>
    </HydrationBoundary>
  )
}
