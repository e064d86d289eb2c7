import { readHistoryEntry } from '@/lib/reads/history'
import { readRoute } from '@/lib/reads/read-route'

/** One entry of the history with its text and the end of its output. */
export const GET = readRoute('history.read', ['entryId'], ({ target, ids }) => readHistoryEntry(target, ids.entryId))
