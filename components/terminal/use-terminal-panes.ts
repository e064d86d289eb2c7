'use client'
import { usePathname } from 'next/navigation'
import { useCallback, useMemo } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { maxTerminalPanes, terminalPanesOf, terminalPath } from '@/components/target/terminal-location'

/**
 * The terminals in the address, and navigation to others, without a request to the console. The last layout of each
 * sandbox is stored in the browser.
 */
export function useTerminalPanes(sandboxId: string) {
  const path = usePathname()
  const target = useTarget()
  const panes = useMemo(() => terminalPanesOf(path), [path])
  const go = useCallback(
    (next: readonly string[]) => {
      const shown = [...new Set(next)].slice(0, maxTerminalPanes)
      localStorage.setItem(storageKey(target, sandboxId), JSON.stringify(shown))
      window.history.pushState(null, '', terminalPath(target, sandboxId, shown))
    },
    [target, sandboxId],
  )
  /** Replaces the history entry, for a layout that the page chose by itself. */
  const settle = useCallback(
    (next: readonly string[]) => window.history.replaceState(null, '', terminalPath(target, sandboxId, next)),
    [target, sandboxId],
  )
  const stored = useCallback(() => readStored(storageKey(target, sandboxId)), [target, sandboxId])
  return { panes, go, settle, stored }
}

function storageKey(target: string, sandboxId: string): string {
  return `sandglass.terminals.${target}.${sandboxId}`
}

function readStored(key: string): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : []
  } catch {
    return [] // invalid text
  }
}
