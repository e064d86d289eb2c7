'use client'
import { useSearchParams } from 'next/navigation'
import { useEffect, useRef, useState } from 'react'

/** Writing the address at each key would let the router's older states come back while a person types. */
const writeDelayMs = 200

/**
 * The filter as it is typed; the address (`?q=`) follows it, so that a reload keeps it and a link can carry it. An
 * address that changes otherwise, as by going back, sets the filter.
 */
export function useFilterText(): [string, (text: string) => void] {
  const query = useSearchParams().get('q') ?? ''
  const [text, setText] = useState(query)
  /** What was written into the address and has not come back from the router. */
  const written = useRef<string[]>([])

  useEffect(() => {
    const index = written.current.lastIndexOf(query)
    written.current = index === -1 ? [] : written.current.slice(index)
    if (index === -1) setText(query)
  }, [query])

  useEffect(() => {
    const timer = setTimeout(() => {
      const url = new URL(location.href)
      if ((url.searchParams.get('q') ?? '') === text) return
      if (text === '') url.searchParams.delete('q')
      else url.searchParams.set('q', text)
      written.current.push(text)
      history.replaceState(null, '', url)
    }, writeDelayMs)
    return () => clearTimeout(timer)
  }, [text])

  return [text, setText]
}
