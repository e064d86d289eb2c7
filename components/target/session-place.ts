/** Where in a sandbox's sessions a person is; the address holds it, so that it can be sent to somebody. */
import { readAddress, sandboxAddress } from '@/components/target/addresses'

export interface Place {
  sessionId: string | null
  commandId: string | null
}

/** Reads what follows `/sandboxes/{id}/sessions` in the path of a page. */
export function placeOf(path: string): Place {
  const [, sessionId, commandId] = readAddress(path).rest
  return { sessionId: sessionId || null, commandId: commandId || null }
}

export function placePath(target: string, sandboxId: string, { sessionId, commandId }: Place): string {
  const parts = [sessionId, sessionId === null ? null : commandId].filter((part) => part !== null)
  return sandboxAddress(target, sandboxId, 'sessions', ...parts)
}
