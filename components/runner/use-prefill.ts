'use client'
import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'next/navigation'
import { useEffect, useEffectEvent, useRef } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { showToast } from '@/components/ui/toast'
import type { HistoryDetail } from '@/lib/process-api/history'
import { historyIdPattern } from '@/lib/process-api/id-pattern'
import { toCallFailure } from '@/lib/queries/call-failure'
import { historyEntryQuery } from '@/lib/queries/history'

/**
 * Puts the entry of the history that the address names (`?entry=`) into the editor, once, and removes it from the address.
 * A link never runs anything, and undo restores what was in the editor.
 */
export function usePrefill(fill: (entry: HistoryDetail) => void): void {
  const target = useTarget()
  const text = useSearchParams().get('entry')
  const id = text !== null && historyIdPattern.test(text) ? text : null
  const { data, error } = useQuery({ ...historyEntryQuery(target, Number(id)), enabled: id !== null, retry: false })
  const filled = useRef<string | null>(null)
  const finish = useEffectEvent(() => {
    if (id === null || filled.current === id) return
    filled.current = id
    if (data) fill(data)
    else if (error) showToast(`The entry cannot be opened in the editor: ${toCallFailure(error).message}`)
    const url = new URL(location.href)
    url.searchParams.delete('entry')
    history.replaceState(null, '', url)
  })
  useEffect(() => {
    if (data || error) finish()
  }, [data, error])
}
