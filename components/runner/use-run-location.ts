'use client'
import { usePathname } from 'next/navigation'
import { readAddress, sandboxAddress } from '@/components/target/addresses'

/**
 * The run of the address, and the way to another one. Going there changes the address only, without a request, so the
 * output of a run is on the page before its page would have been.
 */
export function useRunLocation(sandboxId: string) {
  const { target, rest } = readAddress(usePathname())
  return {
    runId: rest[1] ?? null,
    go: (next: string) => history.pushState(null, '', runPath(target, sandboxId, next)),
    /** To the page without a run, with no step back to one that is gone. */
    leave: () => history.replaceState(null, '', sandboxAddress(target, sandboxId, 'run')),
  }
}

export function runPath(target: string, sandboxId: string, runId: string): string {
  return sandboxAddress(target, sandboxId, 'run', runId)
}
