'use client'
import { useNow } from './clock'
import { formatAge, formatCoarseAge } from './quantity'

/** Time since `since` (ISO), ticking. `coarse` shows one unit, for table columns. Renders nothing on the server. */
export function Age({ since, coarse = false }: { since: string; coarse?: boolean }) {
  const now = useNow()
  const start = Date.parse(since)
  if (now === null || Number.isNaN(start)) return null
  return <span>{coarse ? formatCoarseAge(now - start) : formatAge(now - start)}</span>
}
