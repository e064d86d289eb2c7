'use client'
import { useSearchParams } from 'next/navigation'

/** The port that is previewed, stored in the address (`?preview=8000`) so that it can be linked to. */
export function usePreviewedPort(): [number | null, (port: number | null) => void] {
  const text = useSearchParams().get('preview') ?? ''
  const show = (port: number | null) => {
    const url = new URL(location.href)
    if (port === null) url.searchParams.delete('preview')
    else url.searchParams.set('preview', String(port))
    history.replaceState(null, '', url)
  }
  return [/^[1-9]\d{0,4}$/.test(text) ? Number(text) : null, show]
}
