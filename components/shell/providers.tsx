'use client'
import { QueryClientProvider } from '@tanstack/react-query'
import { usePathname } from 'next/navigation'
import { type ReactNode, useState } from 'react'
import { HotkeyProvider } from '@/components/keys/hotkeys'
import { type Platform, PlatformProvider } from '@/components/keys/platform'
import { LiveProvider } from '@/components/live/live-provider'
import { RoleProvider } from '@/components/target/role'
import { type TargetChoice, TargetProvider } from '@/components/target/target-provider'
import type { Theme } from '@/components/theme/theme'
import { ThemeProvider } from '@/components/theme/theme-provider'
import { ExactCopy } from '@/components/ui/exact-copy'
import { Toaster } from '@/components/ui/toaster'
import { TooltipProvider } from '@/components/ui/tooltip'
import type { Role } from '@/lib/process-api/people'
import { NavProvider } from './nav-state'
import { createQueryClient } from './query-client'

/** Providers that all pages share. The props come from the server, because the first paint depends on them. */
export function Providers({
  theme,
  platform,
  narrowNav,
  role,
  targets,
  children,
}: {
  theme: Theme
  platform: Platform
  narrowNav: boolean
  role: Role
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
                <RoleProvider value={role}>
                  <TargetProvider all={targets}>
                    <Live>{children}</Live>
                  </TargetProvider>
                </RoleProvider>
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

/** Only signed-in pages get a live connection; the sign-in page is the only one for others. */
function Live({ children }: { children: ReactNode }) {
  return usePathname() === '/sign-in' ? children : <LiveProvider>{children}</LiveProvider>
}
