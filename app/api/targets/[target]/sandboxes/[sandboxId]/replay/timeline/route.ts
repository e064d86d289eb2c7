import { readRoute } from '@/lib/reads/read-route'
import { parseReplayRef, readReplayTimeline } from '@/lib/reads/replay'

/** When the output of a command, a run or a cell arrived. */
export const GET = readRoute('replay.read', ['sandboxId'], ({ ids, query, ...reading }) =>
  readReplayTimeline({ ...reading, ...ids, ref: parseReplayRef(query) }),
)
