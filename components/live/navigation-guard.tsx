'use client'
import { useRouter } from 'next/navigation'
import { useEffect, useEffectEvent } from 'react'
import { showErrorToast } from '@/components/ui/toast'
import { useConnection } from '@/lib/live/client/use-live'
import { consoleUnreachable } from '@/lib/queries/call-failure'

const probeTimeoutMs = 3_000

/**
 * Navigates to another page unless the console is unreachable: the router would then replace this live page with the
 * browser's own error page.
 */
export function useNavigate(): (href: string) => void {
  const router = useRouter()
  const { phase } = useConnection()
  return (href) => {
    if (phase !== 'waiting') {
      router.push(href)
      return
    }
    void isReachable().then((reachable) => {
      if (reachable) router.push(href)
      else showUnreachable()
    })
  }
}

/** Does the same for every link to another page of the console. List rows only change the address and are left alone. */
export function NavigationGuard() {
  const { phase } = useConnection()
  const go = useNavigate()
  const onClick = useEffectEvent((event: MouseEvent) => {
    const href = pageLink(event)
    if (href === null) return
    event.preventDefault()
    event.stopPropagation()
    go(href)
  })
  const lost = phase === 'waiting'
  useEffect(() => {
    if (!lost) return
    const listener = (event: MouseEvent) => onClick(event)
    // Before the links' own handlers, which start loading the page.
    document.addEventListener('click', listener, { capture: true })
    return () => document.removeEventListener('click', listener, { capture: true })
  }, [lost])
  return null
}

/** The address that a click leads to if it is another page of the console in this tab, else null. */
function pageLink(event: MouseEvent): string | null {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (!link || link.dataset.row !== undefined || link.target !== '' || link.hasAttribute('download')) return null
  const url = new URL(link.href)
  if (url.origin !== location.origin || url.pathname.startsWith('/api/')) return null
  // A link within this page, such as "Skip to content".
  if (url.hash !== '' && url.pathname === location.pathname) return null
  return url.pathname + url.search + url.hash
}

async function isReachable(): Promise<boolean> {
  if (!navigator.onLine) return false
  const response = await fetch('/icon.svg', { cache: 'no-store', signal: AbortSignal.timeout(probeTimeoutMs) }).catch(
    () => null,
  )
  return response !== null
}

function showUnreachable(): void {
  const { message } = consoleUnreachable(null)
  showErrorToast(message, {
    id: 'unreachable',
    description: 'This page stays as it is. Try again when the connection is back.',
  })
}
