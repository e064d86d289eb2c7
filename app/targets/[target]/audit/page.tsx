import type { Metadata } from 'next'
import { AuditView } from '@/components/audit/audit-view'
import { AppShell } from '@/components/shell/app-shell'

export const metadata: Metadata = { title: 'Audit log' }

/** Who did what with a target. */
export default function AuditPage() {
  return (
    <AppShell breadcrumb={<span className="text-body text-ink-2">Audit log</span>}>
      <AuditView />
    </AppShell>
  )
}
