import type { Metadata } from 'next'
import { HistoryView } from '@/components/history/history-view'

export const metadata: Metadata = { title: 'History' }

export default async function SandboxHistoryPage({ params }: { params: Promise<{ sandboxId: string }> }) {
  const { sandboxId } = await params
  return <HistoryView sandboxId={sandboxId} />
}
