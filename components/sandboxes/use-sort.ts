'use client'
import { useSearchParams } from 'next/navigation'
import { defaultSort, formatSort, nextSort, parseSort, type Sort, type SortColumn } from './sort'

/** The order of the list, stored in the address (`?sort=-name`), so that it survives a reload and can be linked to. */
export function useSort(): [Sort, (column: SortColumn) => void] {
  const sort = parseSort(useSearchParams().get('sort') ?? '')
  const sortBy = (column: SortColumn) => {
    const next = formatSort(nextSort(sort, column))
    const url = new URL(location.href)
    if (next === formatSort(defaultSort)) url.searchParams.delete('sort')
    else url.searchParams.set('sort', next)
    history.replaceState(null, '', url)
  }
  return [sort, sortBy]
}
