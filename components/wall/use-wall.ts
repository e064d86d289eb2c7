'use client'
import { useSearchParams } from 'next/navigation'
import { useCallback, useMemo } from 'react'
import { formatWall, parseWall, type WallState } from './wall-state'

/** The wall in the address, and its changes, without a request to the console. */
export function useWall(): [WallState, (change: Partial<WallState>) => void] {
  const text = useSearchParams().toString()
  const wall = useMemo(() => parseWall(new URLSearchParams(text)), [text])
  const change = useCallback((part: Partial<WallState>) => {
    // Read again, because a second change may come before the page is rendered.
    const url = new URL(location.href)
    url.search = formatWall({ ...parseWall(url.searchParams), ...part }).toString()
    history.replaceState(null, '', url)
  }, [])
  return [wall, change]
}
