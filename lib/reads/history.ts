/** The history of a target for its read routes. */
import 'server-only'
import { available } from '@/lib/history/available'
import { history } from '@/lib/history/shared'
import { ApiError } from '@/lib/process-api/errors'
import type { HistoryDetail, HistoryGroupPage, HistoryPage } from '@/lib/process-api/history'
import { parseHistoryFilter } from '@/lib/process-api/history-filter'
import { historyQuerySchema } from '@/lib/process-api/history-schemas'
import { parse } from './read-route'

function queryOf(query: URLSearchParams) {
  return parse(historyQuerySchema, Object.fromEntries(query))
}

/** @throws ApiError SERVICE_UNAVAILABLE with the reason if the history cannot be used */
export async function readHistory(target: string, query: URLSearchParams): Promise<HistoryPage> {
  const { q, before, sandbox } = queryOf(query)
  return available(await history().page(target, parseHistoryFilter(q), before, sandbox))
}

/** @throws ApiError SERVICE_UNAVAILABLE with the reason if the history cannot be used */
export async function readHistoryGroups(target: string, query: URLSearchParams): Promise<HistoryGroupPage> {
  const { q, before, sandbox } = queryOf(query)
  return available(await history().groups(target, parseHistoryFilter(q), before, sandbox))
}

/**
 * @param id validated
 * @throws ApiError NOT_FOUND or SERVICE_UNAVAILABLE
 */
export async function readHistoryEntry(target: string, id: string): Promise<HistoryDetail> {
  const { entry } = available(await history().detail(target, Number(id)))
  if (entry === null) throw new ApiError('NOT_FOUND', 'The history has no entry with this number.')
  return entry
}
