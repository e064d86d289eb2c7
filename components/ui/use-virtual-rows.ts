'use client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useEffect } from 'react'

interface VirtualRowsOptions {
  scroller: RefObject<HTMLDivElement | null>
  count: number
  /** CSS pixels of every row; it may change. */
  height: number
  /** The same function until the rows change. */
  getItemKey: (index: number) => string | number
}

/** The rows of a long list that are to be rendered, and the heights of what is left out before and after them. */
export function useVirtualRows({ scroller, count, height, getItemKey }: VirtualRowsOptions) {
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey,
    overscan: 15,
    // The server does not know the height of the window.
    initialRect: { width: 1200, height: 900 },
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new height of the rows makes the old positions wrong.
  useEffect(() => virtual.measure(), [virtual, height])
  const items = virtual.getVirtualItems()
  return { items, before: items[0]?.start ?? 0, after: virtual.getTotalSize() - (items.at(-1)?.end ?? 0) }
}
