import { readRoute } from '@/lib/reads/read-route'
import { parseReplayRef, sendReplayWindow } from '@/lib/reads/replay'

/** A window of the output of a command, a run or a cell, with the times of its chunks. */
export const GET = readRoute('replay.read', ['sandboxId'], ({ ids, query, ...reading }) =>
  sendReplayWindow({ ...reading, ...ids, ref: parseReplayRef(query) }, query),
)
