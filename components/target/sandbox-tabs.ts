import { sandboxAddress } from '@/components/target/addresses'
import type { Tab } from '@/components/ui/tab-strip'

/** The pages of a sandbox, in the order of the tab strip. */
export function sandboxTabs(target: string, sandboxId: string) {
  return [
    { href: sandboxAddress(target, sandboxId, 'run'), label: 'Run', hotkey: 'tab.1' },
    { href: sandboxAddress(target, sandboxId, 'sessions'), label: 'Sessions', hotkey: 'tab.2' },
    { href: sandboxAddress(target, sandboxId, 'terminal'), label: 'Terminal', hotkey: 'tab.3' },
    { href: sandboxAddress(target, sandboxId, 'interpreter'), label: 'Interpreter', hotkey: 'tab.4' },
    { href: sandboxAddress(target, sandboxId, 'files'), label: 'Files', hotkey: 'tab.5' },
    { href: sandboxAddress(target, sandboxId, 'processes'), label: 'Processes', hotkey: 'tab.6' },
    { href: sandboxAddress(target, sandboxId, 'info'), label: 'Info', hotkey: 'tab.7' },
    { href: sandboxAddress(target, sandboxId, 'history'), label: 'History', hotkey: 'tab.8' },
  ] as const satisfies readonly Tab[]
}
