import { readRoute } from '@/lib/reads/read-route'
import { parseReplayRef, readReplayInfo } from '@/lib/reads/replay'

/** Title, start and state of what is replayed. */
export const GET = readRoute('replay.read', ['sandboxId'], ({ ids, query, ...reading }) =>
  readReplayInfo({ ...reading, ...ids, ref: parseReplayRef(query) }),
)
