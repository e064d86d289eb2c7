import type { ReactNode } from 'react'
import { TerminalPage } from '@/components/terminal/terminal-page'

/** One page for all terminals of a sandbox, so that switching between them does not reset tabs and panes. */
export default async function TerminalLayout({
  children,
  params,
}: {
  children: ReactNode
  params: Promise<{ sandboxId: string }>
}) {
  const { sandboxId } = await params
  return (
    <>
      <TerminalPage sandboxId={sandboxId} />
      {children}
    </>
  )
}
