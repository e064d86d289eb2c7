'use client'
import { useSyncExternalStore } from 'react'

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
