/**
 * Keys of the browser's query cache. Pages read and live events write through these keys, so never spell a key
 * elsewhere: its entry would go stale.
 */

/** Prefix of all keys of one target, which are refetched after a gap in the live events. */
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
  contexts: (name: string, sandboxId: string) => [...queryKeys.sandbox(name, sandboxId), 'contexts'] as const,
  files: (name: string, sandboxId: string) => [...queryKeys.sandbox(name, sandboxId), 'files'] as const,
  activity: (name: string, sandboxId: string) => [...queryKeys.sandbox(name, sandboxId), 'activity'] as const,
  ports: (name: string, sandboxId: string) => [...queryKeys.sandbox(name, sandboxId), 'ports'] as const,
  usage: (name: string, sandboxId: string) => [...queryKeys.sandbox(name, sandboxId), 'usage'] as const,
  snapshots: (name: string, sandboxId: string) => [...queryKeys.sandbox(name, sandboxId), 'snapshots'] as const,
  ptys: (name: string, sandboxId: string) => [...queryKeys.sandbox(name, sandboxId), 'ptys'] as const,
  recordings: (name: string, sandboxId: string) => [...queryKeys.sandbox(name, sandboxId), 'recordings'] as const,
  runs: (name: string, sandboxId: string) => [...queryKeys.sandbox(name, sandboxId), 'runs'] as const,
  variables: (name: string, sandboxId: string, contextId: string, runs: number) =>
    [...queryKeys.contexts(name, sandboxId), contextId, 'variables', runs] as const,
  charts: (name: string, sandboxId: string, runId: string, ended: boolean) =>
    [...queryKeys.run(name, sandboxId, runId), 'charts', ended] as const,
  run: (name: string, sandboxId: string, runId: string) =>
    [...queryKeys.sandbox(name, sandboxId), 'run', runId] as const,
  audit: (name: string, q: string) => ['audit', name, q] as const,
  people: (name: string) => ['people', name] as const,
  history: (name: string) => ['history', name] as const,
  historyPage: (name: string, sandboxId: string | null, q: string, grouped: boolean) =>
    [...queryKeys.history(name), 'page', sandboxId, q, grouped] as const,
  historyEntry: (name: string, entryId: number) => [...queryKeys.history(name), 'entry', entryId] as const,
}

/** The local engine, which is always present beside the configured targets. */
export const localTarget = 'local'
