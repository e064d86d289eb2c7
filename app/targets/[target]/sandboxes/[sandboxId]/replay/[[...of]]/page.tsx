import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { ReplayPage } from '@/components/replay/replay-page'
import { decoded } from '@/components/target/addresses'
import { replayRefOf } from '@/lib/replay/replay-ref'

export const metadata: Metadata = { title: 'Replay' }

/** Replays what the address names, or lists what can be replayed. */
export default async function OneReplayPage({ params }: { params: Promise<{ sandboxId: string; of?: string[] }> }) {
  const { sandboxId, of = [] } = await params
  const ref = replayRefOf(of.map(decoded))
  if (ref === null && of.length > 0) notFound()
  return <ReplayPage sandboxId={decoded(sandboxId)} of={ref} />
}
