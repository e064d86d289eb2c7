'use client'
import { useSearchParams } from 'next/navigation'

/** The selected process, stored in the address (`?process=<pid>-<start>`) so that it can be linked to. */
export function useSelectedProcess(): [string | null, (key: string | null) => void] {
  const selected = useSearchParams().get('process')
  const select = (key: string | null) => {
    const url = new URL(location.href)
    if (key === null) url.searchParams.delete('process')
    else url.searchParams.set('process', key)
    history.replaceState(null, '', url)
  }
  return [selected, select]
}
