/** The terminals that are open side by side on the Terminal page. They are part of the address, so that it can be shared. */
import { readAddress, sandboxAddress } from '@/components/target/addresses'

export const maxTerminalPanes = 4

/** Parses the segments after `/sandboxes/{id}/terminal`: ids of terminals from left to right, each once. */
export function terminalPanesOf(path: string): string[] {
  const [, ...ids] = readAddress(path).rest
  return [...new Set(ids.filter((id) => id !== ''))].slice(0, maxTerminalPanes)
}

export function terminalPath(target: string, sandboxId: string, panes: readonly string[]): string {
  return sandboxAddress(target, sandboxId, 'terminal', ...panes)
}
