'use client'
import { useSearchParams } from 'next/navigation'
import { useEffect, useRef, useState } from 'react'

/** Delays address updates, because the router could restore an older state while the user types. */
const writeDelayMs = 200

/**
 * The filter text. The address (`?q=`) follows it, so that it survives a reload and can be linked to. Other changes of
 * the address, such as going back, set the filter.
 */
export function useFilterText(): [string, (text: string) => void] {
  const query = useSearchParams().get('q') ?? ''
  const [text, setText] = useState(query)
  /** Values written into the address that the router has not reported yet. */
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
