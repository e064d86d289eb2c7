/** What a sandbox uses now, as the console's pages read it. */
import type { SystemMetrics } from './metrics'

export interface SandboxUsage {
  /** Null if the target does not measure it. */
  metrics: SystemMetrics | null
  /** Number of processes and of their threads; null if the target does not list processes. */
  processes: { count: number; threads: number } | null
}
