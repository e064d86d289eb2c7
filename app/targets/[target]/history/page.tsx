import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { HistoryView } from '@/components/history/history-view'
import { AppShell } from '@/components/shell/app-shell'
import { prefetch, prefetchSandboxes } from '@/lib/reads/prefetch'

export const metadata: Metadata = { title: 'History' }

/** What ran in all sandboxes of a target. */
export default async function HistoryPage({ params }: { params: Promise<{ target: string }> }) {
  const { target } = await params
  return (
    <HydrationBoundary state={await prefetch(target, prefetchSandboxes)}>
      <AppShell breadcrumb={<span className="text-body text-ink-2">History</span>}>
        <HistoryView sandboxId={null} />
      </AppShell>
    </HydrationBoundary>
  )
}
