'use client'
import { usePathname, useSearchParams } from 'next/navigation'
import { useCallback } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { filesAddress, lineInAddress, pathInAddress } from './paths'

/** Path and line in the address, null where it has none, and navigation to others, which needs no request. */
export function useFilesLocation(sandboxId: string) {
  const pathname = usePathname()
  const query = useSearchParams()
  const target = useTarget()
  const go = useCallback(
    (path: string, line?: number) => window.history.pushState(null, '', filesAddress(target, sandboxId, path, line)),
    [target, sandboxId],
  )
  /** Replaces the history entry, for a file that was moved or deleted. */
  const settle = useCallback(
    (path: string) => window.history.replaceState(null, '', filesAddress(target, sandboxId, path)),
    [target, sandboxId],
  )
  return { path: pathInAddress(pathname, query), line: lineInAddress(query), go, settle }
}
