import type { ReactNode } from 'react'
import { FilesPage } from '@/components/files/files-page'

/** One page for all paths of a sandbox, so that opening another file does not reset the tree. */
export default async function FilesLayout({
  children,
  params,
}: {
  children: ReactNode
  params: Promise<{ sandboxId: string }>
}) {
  const { sandboxId } = await params
  return (
    <>
      <FilesPage sandboxId={sandboxId} />
      {children}
    </>
  )
}
