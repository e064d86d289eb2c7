'use client'
import { type RefObject, useEffect, useState } from 'react'

/** Whether an element is on the screen, and the tab visible. What is not shown must cost nothing. */
export function useShown(element: RefObject<HTMLElement | null>): boolean {
  const [shown, setShown] = useState(false)
  useEffect(() => {
    let isOnScreen = false
    const update = () => setShown(isOnScreen && document.visibilityState === 'visible')
    const observer = new IntersectionObserver((entries) => {
      isOnScreen = entries.at(-1)?.isIntersecting ?? false
      update()
    })
    if (element.current) observer.observe(element.current)
    document.addEventListener('visibilitychange', update)
    return () => {
      observer.disconnect()
      document.removeEventListener('visibilitychange', update)
    }
  }, [element])
  return shown
}
