'use client'
import { usePathname } from 'next/navigation'
import { useCallback, useMemo } from 'react'
import { type SessionLocation, sessionLocationOf, sessionPath } from '@/components/target/session-location'
import { useTarget } from '@/components/target/target-provider'

/**
 * The session and command in the address, and navigation to others. Navigation changes only the address, without a
 * request, so that it is immediate and works while the console is unreachable.
 */
export function useSessionLocation(sandboxId: string) {
  const path = usePathname()
  const target = useTarget()
  const location = useMemo(() => sessionLocationOf(path), [path])
  const go = useCallback(
    (next: SessionLocation) => window.history.pushState(null, '', sessionPath(target, sandboxId, next)),
    [target, sandboxId],
  )
  /** Replaces the history entry, for a selection that the page made by itself. */
  const settle = useCallback(
    (next: SessionLocation) => window.history.replaceState(null, '', sessionPath(target, sandboxId, next)),
    [target, sandboxId],
  )
  return { location, go, settle }
}
