'use client'
import { type RefObject, useEffect, useEffectEvent } from 'react'

/** Type of the data that a dragged tab has: the id of its terminal. */
export const terminalDragType = 'application/x-sandglass-terminal'

/**
 * Accepts a tab that is dropped on the panes.
 * @param onDrop called with the terminal and the number of panes to its left
 */
export function useTerminalDrop(
  element: RefObject<HTMLElement | null>,
  enabled: boolean,
  onDrop: (id: string, position: number) => void,
): void {
  const handleDrop = useEffectEvent(onDrop)
  useEffect(() => {
    const area = element.current
    if (!area || !enabled) return
    const listeners = new AbortController()
    const { signal } = listeners
    area.addEventListener(
      'dragover',
      (event) => {
        if (event.dataTransfer?.types.includes(terminalDragType)) event.preventDefault()
      },
      { signal },
    )
    area.addEventListener(
      'drop',
      (event) => {
        const id = event.dataTransfer?.getData(terminalDragType)
        if (!id) return
        event.preventDefault()
        const centers = Array.from(area.querySelectorAll('[data-pane]'), (pane) => {
          const { left, width } = pane.getBoundingClientRect()
          return left + width / 2
        })
        handleDrop(id, centers.filter((center) => center < event.clientX).length)
      },
      { signal, capture: true },
    )
    return () => listeners.abort()
  }, [element, enabled])
}
