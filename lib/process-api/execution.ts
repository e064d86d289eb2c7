/** What is known about one execution, a session's command or a run: its state, times, output size and end. */
import { z } from 'zod'
import { executionStates } from './execution-states'

export const executionStateSchema = z.enum(executionStates)
export type ExecutionState = z.infer<typeof executionStateSchema>

/**
 * Why an execution ended, for a person to read beside the state. `memory`: the sandbox's memory limit ended it.
 * `not-recorded`: it ended by itself, and something of it could not be recorded, as on a full disk.
 */
export const endReasonSchema = z.enum([
  'exited',
  'signalled',
  'memory',
  'timeout',
  'stopped',
  'session-ended',
  'session-deleted',
  'sandbox-stopped',
  'toolbox-lost',
  'spawn-failed',
  'not-recorded',
])
export type EndReason = z.infer<typeof endReasonSchema>

/** A process that outlived the command that started it. */
export const survivorSchema = z.object({
  pid: z.number().int(),
  command: z.string(),
  ageSeconds: z.number().nullable(),
})
export type Survivor = z.infer<typeof survivorSchema>

/** Sizes in bytes of what was recorded; `droppedBytes` counts what a limit or a full disk kept out of the journal. */
export const outputSizeSchema = z.object({
  bytes: z.number().int(),
  stdoutBytes: z.number().int(),
  stderrBytes: z.number().int(),
  droppedBytes: z.number().int(),
})
export type OutputSize = z.infer<typeof outputSizeSchema>

/**
 * Why what was recorded cannot be verified. `unsigned`: it has no authentication codes (an earlier version wrote it).
 * `unsealed`: its writer was interrupted before the codes were complete. `record`: its record was changed,
 * taken from elsewhere, or is not complete. `output`: the same for its output.
 */
export const unverifiedReasonSchema = z.enum(['unsigned', 'unsealed', 'record', 'output'])
export type UnverifiedReason = z.infer<typeof unverifiedReasonSchema>

/** Whether something read from disk is what the engine wrote there. */
export const verification = {
  /**
   * Null if not checked, as for everything that the running toolbox recorded itself, and where a target does not report
   * it.
   */
  verified: z.boolean().nullable().default(null),
  /** Null unless `verified` is false. */
  unverifiedReason: unverifiedReasonSchema.nullable().default(null),
}

/** Times are ISO 8601 wall times for showing; `durationMs` comes from a monotonic clock. Unknown is null. */
export const executionSchema = z.object({
  state: executionStateSchema,
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
  reason: endReasonSchema.nullable(),
  /** One plain sentence where the state alone does not say enough. */
  message: z.string().nullable(),
  /** Null only where the target keeps no times. */
  queuedAt: z.string().nullable(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  durationMs: z.number().nullable(),
  output: outputSizeSchema,
  /** Known at the end of the execution and refreshed when asked; empty while running. */
  survivors: z.array(survivorSchema),
  /** True while input can be sent. */
  stdinOpen: z.boolean(),
  /**
   * True while one of its processes sleeps in a read of its standard input; null where that cannot be known, as with a
   * program that waits for several things at once, or with a target that does not tell.
   */
  waitingForInput: z.boolean().nullable().default(null),
  ...verification,
})
export type Execution = z.infer<typeof executionSchema>
