import type { ReactNode } from 'react'
import { SessionsPage } from '@/components/sessions/sessions-page'

/** One page for all sessions and commands of a sandbox: going from one to the next keeps lists and panes as they are. */
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
