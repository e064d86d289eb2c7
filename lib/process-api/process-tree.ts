/** Wire schemas of the process view (capability `processes`): what runs in a sandbox, whose it is, and signals to it. */
import { z } from 'zod'

/** What a process belongs to. `system`: the engine's own, which cannot be signalled. */
export const processOwnerSchema = z.discriminatedUnion('kind', [
  /** The shell of a session between its commands, or something of the session that no command is known for. */
  z.object({ kind: z.literal('session'), sessionId: z.string() }),
  z.object({ kind: z.literal('command'), sessionId: z.string(), commandId: z.string() }),
  z.object({ kind: z.literal('run'), runId: z.string() }),
  z.object({ kind: z.literal('pty'), ptyId: z.string() }),
  z.object({ kind: z.literal('context'), contextId: z.string() }),
  z.object({ kind: z.literal('system') }),
])
export type ProcessOwner = z.infer<typeof processOwnerSchema>

/** `waiting`: it sleeps in the system, for a disk mostly, and no signal reaches it until that is over. */
export const processStateSchema = z.enum(['running', 'sleeping', 'waiting', 'stopped', 'zombie', 'unknown'])
export type ProcessState = z.infer<typeof processStateSchema>

/** One process. What could not be read is null. */
export const sandboxProcessSchema = z.object({
  pid: z.number().int(),
  /** Null where the parent is not in the list: it is outside of the sandbox. */
  parentPid: z.number().int().nullable(),
  /** Clock ticks between the start of the system and that of the process: with the pid it names a process for good. */
  startTicks: z.number().int(),
  /** Name of the executable, cut at 15 characters. */
  name: z.string(),
  /** The arguments as text, at most 4,096 characters of them; empty for a zombie. */
  argv: z.array(z.string()),
  argvCut: z.boolean(),
  state: processStateSchema,
  user: z.string().nullable(),
  startedAt: z.string().nullable(),
  ageSeconds: z.number().nullable(),
  /** Processor time since the start, of the process alone. */
  cpuSeconds: z.number(),
  /** Share of one processor over the last `cpuIntervalMs`; null until there is an earlier look to compare with. */
  cpuPercent: z.number().nullable(),
  /** Resident memory, shared pages included. */
  memoryBytes: z.number().int().nullable(),
  threads: z.number().int().nullable(),
  /** Null where nothing tells. */
  owner: processOwnerSchema.nullable(),
})
export type SandboxProcess = z.infer<typeof sandboxProcessSchema>

/** Answer of `GET /process/tree`: all processes as a flat list, oldest first. */
export const processTreeSchema = z.object({
  processes: z.array(sandboxProcessSchema),
  /** How far back the look lies that `cpuPercent` compares with; null where there is none. */
  cpuIntervalMs: z.number().nullable(),
})
export type ProcessTree = z.infer<typeof processTreeSchema>

export const processSignalSchema = z.enum([
  'SIGINT',
  'SIGTERM',
  'SIGKILL',
  'SIGHUP',
  'SIGQUIT',
  'SIGSTOP',
  'SIGCONT',
  'SIGUSR1',
  'SIGUSR2',
])
export type ProcessSignal = z.infer<typeof processSignalSchema>

/** Body of `POST /process/tree/{pid}/signal`. */
export const processSignalRequestSchema = z.object({
  signal: processSignalSchema,
  /** As listed: another process that has reused the pid since is not signalled. */
  startTicks: z.number().int().min(0),
  /** Its descendants too, and, where it leads a process group, the group. */
  tree: z.boolean().default(false),
})
export type ProcessSignalRequest = z.input<typeof processSignalRequestSchema>

/** What got the signal. With `SIGKILL` and `tree`, `gone` tells whether nothing of it is left; null otherwise. */
export const processSignalResponseSchema = z.object({
  signal: processSignalSchema,
  signalled: z.array(z.object({ pid: z.number().int(), name: z.string() })),
  gone: z.boolean().nullable(),
})
export type ProcessSignalResponse = z.infer<typeof processSignalResponseSchema>
