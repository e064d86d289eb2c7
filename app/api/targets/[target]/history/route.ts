import { readHistory } from '@/lib/reads/history'
import { readRoute } from '@/lib/reads/read-route'

/** What ran in the sandboxes of a target, newest first: `?q=` is the filter, `?sandbox=` one sandbox, `?before=` the position. */
export const GET = readRoute('history.list', [], ({ target, query }) => readHistory(target, query))
