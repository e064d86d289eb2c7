'use client'
import { usePathname } from 'next/navigation'
import { readAddress, sandboxAddress } from '@/components/target/addresses'

/**
 * The run in the address, and navigation to another run. Navigation changes only the address, without a request, so
 * that output appears faster than a page load would.
 */
export function useRunLocation(sandboxId: string) {
  const { target, rest } = readAddress(usePathname())
  return {
    runId: rest[1] ?? null,
    go: (next: string) => history.pushState(null, '', runPath(target, sandboxId, next)),
    /** To the page without a run, without a history entry for the deleted one. */
    leave: () => history.replaceState(null, '', sandboxAddress(target, sandboxId, 'run')),
  }
}

export function runPath(target: string, sandboxId: string, runId: string): string {
  return sandboxAddress(target, sandboxId, 'run', runId)
}
