'use client'
import { useSearchParams } from 'next/navigation'

/** The chosen process is in the address (`?process=<pid>-<start>`), so that a link can point at it. */
export function useSelectedProcess(): [string | null, (key: string | null) => void] {
  const chosen = useSearchParams().get('process')
  const choose = (key: string | null) => {
    const url = new URL(location.href)
    if (key === null) url.searchParams.delete('process')
    else url.searchParams.set('process', key)
    history.replaceState(null, '', url)
  }
  return [chosen, choose]
}
