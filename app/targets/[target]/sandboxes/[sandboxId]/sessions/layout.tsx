import type { ReactNode } from 'react'
import { SessionsPage } from '@/components/sessions/sessions-page'

/** One page for all sessions and commands of a sandbox, so that switching between them does not reset lists and panes. */
export default async function SessionsLayout({
  children,
  params,
}: {
  children: ReactNode
  params: Promise<{ sandboxId: string }>
}) {
  const { sandboxId } = await params
  return (
    <>
      <SessionsPage sandboxId={sandboxId} />
      {children}
    </>
  )
}
