/** What happened last in a sandbox, as the list of sandboxes shows it. */
import type { Execution } from './execution'

export interface SandboxActivity {
  /** Null if the target cannot list the sessions now, as for a stopped sandbox of some deployments. */
  sessions: { total: number; running: number } | null
  /** The command or run that started last; null if there is none. */
  last: LastExecution | null
}

export interface LastExecution extends Pick<Execution, 'state' | 'exitCode' | 'signal' | 'reason' | 'startedAt'> {
  ref: { kind: 'command'; sessionId: string; commandId: string } | { kind: 'run'; runId: string }
  /** The last line that is not blank; null if it is unknown or there is none. */
  line: string | null
}

/** Maximum number of sandboxes in one request. */
export const maxActivityIds = 50
