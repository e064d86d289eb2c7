import { readRoute } from '@/lib/reads/read-route'

export const GET = readRoute(['sandboxId', 'sessionId', 'commandId'], ({ client, ids, signal }) =>
  client.getCommand(ids.sandboxId, ids.sessionId, ids.commandId, { signal }),
)
