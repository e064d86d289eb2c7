import type { Metadata } from 'next'
import { ProcessesPage } from '@/components/processes/processes-page'

export const metadata: Metadata = { title: 'Processes' }

export default async function SandboxProcessesPage({ params }: { params: Promise<{ sandboxId: string }> }) {
  const { sandboxId } = await params
  return <ProcessesPage sandboxId={sandboxId} />
}
