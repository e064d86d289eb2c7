import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { firstReads, runRead } from '@/lib/reads/first-reads'

export const metadata: Metadata = { title: 'Run' }

/** The workbench of the layout shows the run of this address; here it is read. */
export default async function OneRunPage({
  params,
}: {
  params: Promise<{ target: string; sandboxId: string; runId: string }>
}) {
  const { target, sandboxId, runId } = await params
  return <HydrationBoundary state={await firstReads(target, runRead(sandboxId, runId))} />
}
