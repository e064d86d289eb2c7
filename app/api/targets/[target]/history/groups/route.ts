import { readHistoryGroups } from '@/lib/reads/history'
import { readRoute } from '@/lib/reads/read-route'

/** The history with identical executions grouped. */
export const GET = readRoute([], ({ target, query }) => readHistoryGroups(target, query))
