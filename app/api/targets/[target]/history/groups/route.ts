import { readHistoryGroups } from '@/lib/reads/history'
import { readRoute } from '@/lib/reads/read-route'

/** The history with identical executions grouped. */
export const GET = readRoute('history.list', [], ({ target, query }) => readHistoryGroups(target, query))
