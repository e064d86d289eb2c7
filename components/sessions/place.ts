/** Where in a sandbox's sessions a person is; the address holds it, so that it can be sent to somebody. */

export interface Place {
  sessionId: string | null
  commandId: string | null
}

/** Reads the part of a path after `/sandboxes/{id}/sessions`. Parts that cannot be decoded are taken as they are. */
export function placeOf(path: string): Place {
  const [sessionId, commandId] = path.split('/').slice(4)
  return { sessionId: decoded(sessionId), commandId: decoded(commandId) }
}

export function placePath(sandboxId: string, { sessionId, commandId }: Place): string {
  const parts = [sessionId, sessionId === null ? null : commandId].filter((part) => part !== null)
  return ['/sandboxes', sandboxId, 'sessions', ...parts.map(encodeURIComponent)].join('/')
}

function decoded(part: string | undefined): string | null {
  if (!part) return null
  try {
    return decodeURIComponent(part)
  } catch {
    return part // a stray percent sign: it names nothing, and the page says so
  }
}
