import type { Metadata } from 'next'
import { InfoPage } from '@/components/info/info-page'

export const metadata: Metadata = { title: 'Info' }

export default async function SandboxInfoPage({ params }: { params: Promise<{ sandboxId: string }> }) {
  const { sandboxId } = await params
  return <InfoPage sandboxId={sandboxId} />
}
