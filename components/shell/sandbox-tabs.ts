import type { Tab } from '@/components/ui/tab-strip'

/** The pages of a sandbox that exist, in the order of the strip. */
export function sandboxTabs(sandboxId: string) {
  const base = `/sandboxes/${sandboxId}`
  return [
    { href: `${base}/run`, label: 'Run', hotkey: 'tab.1' },
    { href: `${base}/sessions`, label: 'Sessions', hotkey: 'tab.2' },
  ] as const satisfies readonly Tab[]
}
