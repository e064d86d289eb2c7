'use client'
import { useRouter } from 'next/navigation'
import { useEffect, useEffectEvent } from 'react'
import { toast } from 'sonner'
import { useConnection } from '@/lib/live/client/use-live'
import { noAnswer } from '@/lib/queries/call-failure'

const shutdownTimeoutMs = 3_000

/**
 * Goes to another page, unless the console cannot be reached: the router would then leave this live page for the
 * browser's own error page.
 */
export function useGo(): (href: string) => void {
  const router = useRouter()
  const { phase } = useConnection()
  return (href) => {
    if (phase !== 'waiting') {
      router.push(href)
      return
    }
    void isReachable().then((reachable) => {
      if (reachable) router.push(href)
      else stay()
    })
  }
}

/** The same for every link to another page of the console. Rows of lists change the address only, and stay as they are. */
export function LinkGuard() {
  const { phase } = useConnection()
  const go = useGo()
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
    // Before the links' own handlers, which begin to load the page.
    document.addEventListener('click', listener, { capture: true })
    return () => document.removeEventListener('click', listener, { capture: true })
  }, [lost])
  return null
}

/** Where a click leads, if that is another page of the console in this tab. */
function pageLink(event: MouseEvent): string | null {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (!link || link.dataset.row !== undefined || link.target !== '' || link.hasAttribute('download')) return null
  const url = new URL(link.href)
  if (url.origin !== location.origin || url.pathname.startsWith('/api/')) return null
  // A part of this page, as "Skip to content".
  if (url.hash !== '' && url.pathname === location.pathname) return null
  return url.pathname + url.search + url.hash
}

async function isReachable(): Promise<boolean> {
  if (!navigator.onLine) return false
  const answer = await fetch('/icon.svg', { cache: 'no-store', signal: AbortSignal.timeout(shutdownTimeoutMs) }).catch(
    () => null,
  )
  return answer !== null
}

function stay(): void {
  const { message } = noAnswer(null)
  toast.error(message, {
    id: 'unreachable',
    description: 'This page stays as it is. Try again when the connection is back.',
  })
}
