'use client'
import { useSyncExternalStore } from 'react'

/** From this width on panes stand side by side; below it there is one at a time, with a switch. */
export const sideBySide = '(min-width: 900px)'

/** Whether a media query holds now; on the server it is taken to hold (a wide screen). */
export function useMediaQuery(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query)
      media.addEventListener('change', listener)
      return () => media.removeEventListener('change', listener)
    },
    () => matchMedia(query).matches,
    () => true,
  )
}
