'use client'
import { usePathname } from 'next/navigation'
import { useCallback, useMemo } from 'react'
import { type SessionLocation, sessionLocationOf, sessionPath } from '@/components/target/session-location'
import { useTarget } from '@/components/target/target-provider'

/**
 * The session and command of the address, and ways to go elsewhere. Moving is a change of the address only, without a
 * request, so it works at once and also while the console is away.
 */
export function useSessionLocation(sandboxId: string) {
  const path = usePathname()
  const target = useTarget()
  const location = useMemo(() => sessionLocationOf(path), [path])
  const go = useCallback(
    (next: SessionLocation) => window.history.pushState(null, '', sessionPath(target, sandboxId, next)),
    [target, sandboxId],
  )
  /** Without a step to come back to, for what the page chose by itself. */
  const settle = useCallback(
    (next: SessionLocation) => window.history.replaceState(null, '', sessionPath(target, sandboxId, next)),
    [target, sandboxId],
  )
  return { location, go, settle }
}
