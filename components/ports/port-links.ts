'use client'
/** The signed links that were created in this browser. Targets do not list them. */
import { useEffect } from 'react'
import { useNow } from '@/components/ui/clock'
import { storedPreferences } from '@/components/ui/stored-preferences'

export interface PortLink {
  target: string
  sandboxId: string
  port: number
  token: string
  url: string
  /** Milliseconds since the epoch. */
  expiresAt: number
}

const maxLinks = 100
const none: { links: readonly PortLink[] } = { links: [] }

const stored = storedPreferences('sandglass.port-links', none, ({ links }) => ({
  links: (Array.isArray(links) ? links : []).filter(isLink).slice(-maxLinks),
}))

function isLink(value: unknown): value is PortLink {
  if (typeof value !== 'object' || value === null) return false
  const { token, url, port, expiresAt } = value as Partial<PortLink>
  return (
    typeof token === 'string' && typeof url === 'string' && typeof port === 'number' && typeof expiresAt === 'number'
  )
}

/** The links of a sandbox that have not expired, and functions to add and remove one. */
export function usePortLinks(target: string, sandboxId: string) {
  const { links } = stored.use()
  const now = useNow()
  const hasExpired = now !== null && links.some((link) => link.expiresAt <= now)
  useEffect(() => {
    if (hasExpired) stored.set({ links: links.filter((link) => link.expiresAt > Date.now()) })
  }, [hasExpired, links])
  return {
    links: links.filter((link) => link.target === target && link.sandboxId === sandboxId),
    add: (link: PortLink) => stored.set({ links: [...links, link] }),
    remove: (token: string) => stored.set({ links: links.filter((link) => link.token !== token) }),
  }
}
