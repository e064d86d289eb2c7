import { notFound } from 'next/navigation'
import type { ReactNode } from 'react'
import { targets } from '@/lib/targets/registry'

/** Pages of the local engine have short addresses (`/sandboxes/…`), which `next.config.js` rewrites to this route. */
export default async function TargetLayout({
  children,
  params,
}: {
  children: ReactNode
  params: Promise<{ target: string }>
}) {
  const { target } = await params
  if (!targets().has(target)) notFound()
  return children
}
