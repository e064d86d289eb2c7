import type { Metadata } from 'next'
import { SandboxesPage } from '@/components/sandboxes/sandboxes-page'
import { AppShell } from '@/components/shell/app-shell'

export const metadata: Metadata = { title: 'Sandboxes' }

/** Home. */
export default function HomePage() {
  return (
    <AppShell place={<span className="text-body text-ink-2">Sandboxes</span>}>
      <SandboxesPage />
    </AppShell>
  )
}
