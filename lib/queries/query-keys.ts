/**
 * Keys of the browser's query cache. Pages read with them and the live events write with them,
 * so a key that is spelt anywhere else is a key that goes stale.
 */

/** Everything of one target begins with this: after a gap in the live stream it is what gets read again. */
const target = (name: string) => ['t', name] as const

export const queryKeys = {
  target,
  sandboxes: (name: string) => [...target(name), 'sandboxes'] as const,
  sandbox: (name: string, sandboxId: string) => [...target(name), 'sandbox', sandboxId] as const,
  capabilities: (name: string, sandboxId: string) => [...queryKeys.sandbox(name, sandboxId), 'capabilities'] as const,
  sessions: (name: string, sandboxId: string) => [...queryKeys.sandbox(name, sandboxId), 'sessions'] as const,
  session: (name: string, sandboxId: string, sessionId: string) =>
    [...queryKeys.sandbox(name, sandboxId), 'session', sessionId] as const,
  sessionProcesses: (name: string, sandboxId: string, sessionId: string) =>
    [...queryKeys.session(name, sandboxId, sessionId), 'processes'] as const,
  processes: (name: string, sandboxId: string) => [...queryKeys.sandbox(name, sandboxId), 'processes'] as const,
  runs: (name: string, sandboxId: string) => [...queryKeys.sandbox(name, sandboxId), 'runs'] as const,
  run: (name: string, sandboxId: string, runId: string) =>
    [...queryKeys.sandbox(name, sandboxId), 'run', runId] as const,
}

/** The engine of this installation; it is there beside whatever else is configured. */
export const localTarget = 'local'
