'use client'
import { useNow } from './clock'
import { formatAge, formatCoarseAge } from './quantity'

/** How long ago `since` (ISO time) is, ticking. Coarse: one unit, for columns. Empty until the browser's clock is known. */
export function Age({ since, coarse = false }: { since: string; coarse?: boolean }) {
  const now = useNow()
  const start = Date.parse(since)
  if (now === null || Number.isNaN(start)) return null
  return <span>{coarse ? formatCoarseAge(now - start) : formatAge(now - start)}</span>
}
