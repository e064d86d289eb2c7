'use client'
import { QueryClientProvider } from '@tanstack/react-query'
import { usePathname } from 'next/navigation'
import { type ReactNode, useState } from 'react'
import { HotkeyProvider } from '@/components/keys/hotkeys'
import { type Platform, PlatformProvider } from '@/components/keys/platform'
import { LiveProvider } from '@/components/live/live-provider'
import { type TargetChoice, TargetProvider } from '@/components/target/target-provider'
import type { Theme } from '@/components/theme/theme'
import { ThemeProvider } from '@/components/theme/theme-provider'
import { ExactCopy } from '@/components/ui/exact-copy'
import { Toaster } from '@/components/ui/toaster'
import { TooltipProvider } from '@/components/ui/tooltip'
import { NavProvider } from './nav-state'
import { createQueryClient } from './query-client'

/** Everything that all pages share in the browser. The server gives what the first paint depends on. */
export function Providers({
  theme,
  platform,
  narrowNav,
  targets,
  children,
}: {
  theme: Theme
  platform: Platform
  narrowNav: boolean
  targets: readonly TargetChoice[]
  children: ReactNode
}) {
  const [queryClient] = useState(createQueryClient)
  return (
    <QueryClientProvider client={queryClient}>
      <PlatformProvider platform={platform}>
        <ThemeProvider initial={theme}>
          <TooltipProvider>
            <HotkeyProvider>
              <NavProvider narrow={narrowNav}>
                <TargetProvider all={targets}>
                  <Live>{children}</Live>
                </TargetProvider>
                <Toaster />
                <ExactCopy />
              </NavProvider>
            </HotkeyProvider>
          </TooltipProvider>
        </ThemeProvider>
      </PlatformProvider>
    </QueryClientProvider>
  )
}

/** The live socket is for signed-in pages; only the sign-in page is shown to others. */
function Live({ children }: { children: ReactNode }) {
  return usePathname() === '/sign-in' ? children : <LiveProvider>{children}</LiveProvider>
}
