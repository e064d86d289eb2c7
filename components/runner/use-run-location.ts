'use client'
import { usePathname, useSearchParams } from 'next/navigation'
import { readAddress, sandboxAddress } from '@/components/target/addresses'

/**
 * The run in the address, and navigation to another run. Navigation changes only the address, without a request, so
 * that output appears faster than a page load would.
 */
export function useRunLocation(sandboxId: string) {
  const { target, rest } = readAddress(usePathname())
  const runId = rest[1] ?? null
  const otherId = useSearchParams().get('with')
  return {
    runId,
    /** The run that the one in the address is compared with, or null. */
    otherId: runId !== null && otherId !== runId ? otherId : null,
    /** Compare the run in the address with another one; null ends the comparison. */
    compare(other: string | null) {
      if (runId === null) return
      const path = runPath(target, sandboxId, runId)
      history.replaceState(null, '', other === null ? path : `${path}?${new URLSearchParams({ with: other })}`)
    },
    go: (next: string) => history.pushState(null, '', runPath(target, sandboxId, next)),
    /** To the page without a run, without a history entry for the deleted one. */
    leave: () => history.replaceState(null, '', sandboxAddress(target, sandboxId, 'run')),
  }
}

export function runPath(target: string, sandboxId: string, runId: string): string {
  return sandboxAddress(target, sandboxId, 'run', runId)
}
