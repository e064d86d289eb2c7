/** The open session and command of the Sessions page. They are part of the address, so that it can be shared. */
import { readAddress, sandboxAddress } from '@/components/target/addresses'

export interface SessionLocation {
  sessionId: string | null
  commandId: string | null
}

/** Parses the segments after `/sandboxes/{id}/sessions` in the path of a page. */
export function sessionLocationOf(path: string): SessionLocation {
  const [, sessionId, commandId] = readAddress(path).rest
  return { sessionId: sessionId || null, commandId: commandId || null }
}

export function sessionPath(target: string, sandboxId: string, { sessionId, commandId }: SessionLocation): string {
  const parts = [sessionId, sessionId === null ? null : commandId].filter((part) => part !== null)
  return sandboxAddress(target, sandboxId, 'sessions', ...parts)
}
