'use client'
import { usePathname } from 'next/navigation'

/**
 * The run of the address, and the way to another one. Going there changes the address only, without a request, so the
 * output of a run is on the page before its page would have been.
 */
export function useRunPlace(sandboxId: string) {
  const [, , , , runId] = usePathname().split('/')
  return {
    runId: runId ? decodeURIComponent(runId) : null,
    go: (next: string) => history.pushState(null, '', runPath(sandboxId, next)),
    /** To the page without a run, with no step back to one that is gone. */
    leave: () => history.replaceState(null, '', `/sandboxes/${sandboxId}/run`),
  }
}

export function runPath(sandboxId: string, runId: string): string {
  return `/sandboxes/${sandboxId}/run/${runId}`
}
