import type { Metadata } from 'next'
import { PortsAndProcesses } from '@/components/ports/ports-and-processes'

export const metadata: Metadata = { title: 'Processes' }

export default async function SandboxProcessesPage({ params }: { params: Promise<{ sandboxId: string }> }) {
  const { sandboxId } = await params
  return <PortsAndProcesses sandboxId={sandboxId} />
}
