import { readRoute } from '@/lib/targets/read-route'

export const GET = readRoute(['sandboxId', 'sessionId', 'commandId'], ({ client, ids, signal }) =>
  client.getCommand(ids.sandboxId, ids.sessionId, ids.commandId, { signal }),
)
