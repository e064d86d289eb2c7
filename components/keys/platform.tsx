'use client'
import { createContext, type ReactNode, useContext } from 'react'

export type Platform = 'mac' | 'other'

const PlatformContext = createContext<Platform>('other')

/** The server reads the platform from the user agent, so that the first paint shows the right one of ⌘ and Ctrl. */
export function PlatformProvider({ platform, children }: { platform: Platform; children: ReactNode }) {
  return <PlatformContext value={platform}>{children}</PlatformContext>
}

export function usePlatform(): Platform {
  return useContext(PlatformContext)
}
