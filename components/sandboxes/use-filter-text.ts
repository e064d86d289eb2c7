'use client'
import { useSearchParams } from 'next/navigation'

/** The filter lives in the address (`?q=`), so that a reload keeps it and a link can carry it. */
export function useFilterText(): [string, (text: string) => void] {
  const text = useSearchParams().get('q') ?? ''
  const setText = (next: string) => {
    const url = new URL(location.href)
    if (next === '') url.searchParams.delete('q')
    else url.searchParams.set('q', next)
    history.replaceState(null, '', url)
  }
  return [text, setText]
}
