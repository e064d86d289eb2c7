import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { SandboxesPage } from '@/components/sandboxes/sandboxes-page'
import { AppShell } from '@/components/shell/app-shell'
import { firstReads, sandboxesRead } from '@/lib/reads/first-reads'

export const metadata: Metadata = { title: 'Sandboxes' }

/** Home of a target: its sandboxes. */
export default async function HomePage({ params }: { params: Promise<{ target: string }> }) {
  const { target } = await params
  return (
    <HydrationBoundary state={await firstReads(target, sandboxesRead)}>
      <AppShell place={<span className="text-body text-ink-2">Sandboxes</span>}>
        <SandboxesPage />
      </AppShell>
    </HydrationBoundary>
  )
}
