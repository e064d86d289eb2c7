'use client'
import { usePathname } from 'next/navigation'
import { useCallback, useMemo } from 'react'
import { type Place, placeOf, placePath } from '@/components/target/session-place'
import { useTarget } from '@/components/target/target-provider'

/**
 * The session and command of the address, and ways to go elsewhere. Moving is a change of the address only, without a
 * request, so it works at once and also while the console is away.
 */
export function usePlace(sandboxId: string) {
  const path = usePathname()
  const target = useTarget()
  const place = useMemo(() => placeOf(path), [path])
  const go = useCallback(
    (next: Place) => window.history.pushState(null, '', placePath(target, sandboxId, next)),
    [target, sandboxId],
  )
  /** Without a step to come back to, for what the page chose by itself. */
  const settle = useCallback(
    (next: Place) => window.history.replaceState(null, '', placePath(target, sandboxId, next)),
    [target, sandboxId],
  )
  return { place, go, settle }
}
