import { readRoute } from '@/lib/reads/read-route'
import { parseReplayRef, searchReplay } from '@/lib/reads/replay'

/** Where a text is found next in the output of a command, a run or a cell. */
export const GET = readRoute('replay.read', ['sandboxId'], ({ ids, query, ...reading }) =>
  searchReplay({ ...reading, ...ids, ref: parseReplayRef(query) }, query),
)
