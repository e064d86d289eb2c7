import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { prefetch, prefetchRun } from '@/lib/reads/prefetch'

export const metadata: Metadata = { title: 'Run' }

/** The layout's workbench shows the run in the address; this page prefetches it. */
export default async function OneRunPage({
  params,
}: {
  params: Promise<{ target: string; sandboxId: string; runId: string }>
}) {
  const { target, sandboxId, runId } = await params
  return <HydrationBoundary state={await prefetch(target, prefetchRun(sandboxId, runId))} />
}
