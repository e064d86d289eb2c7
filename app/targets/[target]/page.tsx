import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { SandboxesPage } from '@/components/sandboxes/sandboxes-page'
import { AppShell } from '@/components/shell/app-shell'
import { prefetch, prefetchSandboxes } from '@/lib/reads/prefetch'

export const metadata: Metadata = { title: 'Sandboxes' }

/** Home of a target: its sandboxes. */
export default async function HomePage({ params }: { params: Promise<{ target: string }> }) {
  const { target } = await params
  return (
    <HydrationBoundary state={await prefetch(target, prefetchSandboxes)}>
      <AppShell breadcrumb={<span className="text-body text-ink-2">Sandboxes</span>}>
        <SandboxesPage />
      </AppShell>
    </HydrationBoundary>
  )
}
