import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import type { ReactNode } from 'react'
import { SandboxFrame } from '@/components/shell/sandbox-frame'
import { decoded } from '@/components/target/addresses'
import { sandboxIdSchema } from '@/lib/process-api/ids'
import { prefetch, prefetchSandbox, prefetchSandboxes, sandboxTitle } from '@/lib/reads/prefetch'

interface SandboxParams {
  params: Promise<{ target: string; sandboxId: string }>
}

/** The parameters of a layout are as they stand in the address. No id contains a percent sign. */
async function decodedParams(params: SandboxParams['params']) {
  const { target, sandboxId } = await params
  return { target, sandboxId: decoded(sandboxId) }
}

/** `Run · api-worker · Sandglass`: the sandbox name tells open browser tabs apart. */
export async function generateMetadata({ params }: SandboxParams): Promise<Metadata> {
  const { target, sandboxId } = await decodedParams(params)
  if (!sandboxIdSchema.safeParse(sandboxId).success) return {}
  const name = await sandboxTitle(target, sandboxId)
  return { title: { template: `%s · ${name} · Sandglass`, default: name } }
}

/** The frame of a sandbox's pages: name, state, warnings and tabs. */
export default async function SandboxLayout({ children, params }: SandboxParams & { children: ReactNode }) {
  const { target, sandboxId } = await decodedParams(params)
  if (!sandboxIdSchema.safeParse(sandboxId).success) notFound()
  return (
    <HydrationBoundary state={await prefetch(target, prefetchSandbox(sandboxId), prefetchSandboxes)}>
      <SandboxFrame sandboxId={sandboxId}>{children}</SandboxFrame>
    </HydrationBoundary>
  )
}
