import type { Metadata, Viewport } from 'next'
import { cookies, headers } from 'next/headers'
import type { ReactNode } from 'react'
import { navCookie } from '@/components/shell/nav-cookie'
import { Providers } from '@/components/shell/providers'
import { parseTheme, themeCookie } from '@/components/theme/theme'
import { sessionOfCookies } from '@/lib/auth/authenticator'
import { targets } from '@/lib/targets/registry'
import './globals.css'

export const metadata: Metadata = {
  title: { default: 'Sandglass', template: '%s · Sandglass' },
  description: 'Run code in sandboxes and watch it live.',
  robots: { index: false, follow: false },
}

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  colorScheme: 'dark light',
}

/** The document. The server knows theme, platform and sidebar state, so that nothing changes after the first paint. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  const [jar, sent] = await Promise.all([cookies(), headers()])
  const theme = parseTheme(jar.get(themeCookie)?.value)
  return (
    <html lang="en" data-theme={theme} suppressHydrationWarning>
      <body>
        {/* Styles hide this line, so that it shows only without them. */}
        <p className="hidden">
          The styles and scripts of Sandglass did not load. Behind a reverse proxy, Sandglass needs a host name of its
          own: it cannot be served under a path of another site (docs/proxies.md).
        </p>
        <Providers
          theme={theme}
          platform={/Mac|iPhone|iPad/.test(sent.get('user-agent') ?? '') ? 'mac' : 'other'}
          role={sessionOfCookies(sent.get('cookie') ?? undefined)?.person?.role ?? 'owner'}
          targets={targets().list()}
          narrowNav={jar.get(navCookie)?.value === 'narrow'}
        >
          {children}
        </Providers>
      </body>
    </html>
  )
}
