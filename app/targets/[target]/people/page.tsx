import type { Metadata } from 'next'
import { PeopleView } from '@/components/people/people-view'
import { AppShell } from '@/components/shell/app-shell'

export const metadata: Metadata = { title: 'People' }

/** Who may use the console, and in which role. */
export default function PeoplePage() {
  return (
    <AppShell breadcrumb={<span className="text-body text-ink-2">People</span>}>
      <PeopleView />
    </AppShell>
  )
}
