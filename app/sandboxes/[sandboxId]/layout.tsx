import { HydrationBoundary } from '@tanstack/react-query'
import { notFound } from 'next/navigation'
import type { ReactNode } from 'react'
import { SandboxFrame } from '@/components/shell/sandbox-frame'
import { sandboxId as sandboxIdSchema } from '@/lib/process-api/ids'
import { firstReads, sandboxesRead, sandboxRead } from '@/lib/targets/first-reads'

/** The frame of a sandbox's pages: its name and state, its warning, its tabs. */
export default async function SandboxLayout({
  children,
  params,
}: {
  children: ReactNode
  params: Promise<{ sandboxId: string }>
}) {
  const { sandboxId } = await params
  if (!sandboxIdSchema.safeParse(sandboxId).success) notFound()
  return (
    <HydrationBoundary state={await firstReads(sandboxRead(sandboxId), sandboxesRead)}>
      <SandboxFrame sandboxId={sandboxId}>{children}</SandboxFrame>
    </HydrationBoundary>
  )
}
