'use client'
import { usePathname, useSearchParams } from 'next/navigation'

/**
 * What the address says of the history: the filter, whether identical entries are grouped, the open entry, and the one
 * that it is compared with. Changes need no request, so they do not go through the router.
 */
export function useHistoryLocation() {
  const path = usePathname()
  const params = useSearchParams()
  const change = (changes: Record<string, string | null>) => {
    const next = new URLSearchParams(location.search)
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) next.delete(name)
      else next.set(name, value)
    }
    const query = next.toString()
    return query === '' ? path : `${path}?${query}`
  }
  return {
    grouped: params.get('group') === '1',
    entryId: numberOf(params.get('entry')),
    otherId: numberOf(params.get('with')),
    setGrouped: (grouped: boolean) => history.replaceState(null, '', change({ group: grouped ? '1' : null })),
    /** The address of an entry. */
    hrefOf: (entryId: number) => {
      const next = new URLSearchParams(params)
      next.set('entry', String(entryId))
      next.delete('with')
      return `${path}?${next}`
    },
    open: (entryId: number | null) =>
      history.pushState(null, '', change({ entry: entryId === null ? null : String(entryId), with: null })),
    compare: (otherId: number | null) =>
      history.replaceState(null, '', change({ with: otherId === null ? null : String(otherId) })),
  }
}

function numberOf(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null
}
