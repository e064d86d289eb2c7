/** Wire schemas of the process view (capability `processes`): what runs in a sandbox, whose it is, and signals to it. */
import { z } from 'zod'

/** What a process belongs to. `system`: the engine's own, which cannot be signalled. */
export const processOwner = z.discriminatedUnion('kind', [
  /** The shell of a session between its commands, or something of the session that no command is known for. */
  z.object({ kind: z.literal('session'), sessionId: z.string() }),
  z.object({ kind: z.literal('command'), sessionId: z.string(), commandId: z.string() }),
  z.object({ kind: z.literal('run'), runId: z.string() }),
  z.object({ kind: z.literal('pty'), ptyId: z.string() }),
  z.object({ kind: z.literal('context'), contextId: z.string() }),
  z.object({ kind: z.literal('system') }),
])
export type ProcessOwner = z.infer<typeof processOwner>

/** `waiting`: it sleeps in the system, for a disk mostly, and no signal reaches it until that is over. */
export const processState = z.enum(['running', 'sleeping', 'waiting', 'stopped', 'zombie', 'unknown'])
export type ProcessState = z.infer<typeof processState>

/** One process. What could not be read is null. */
export const sandboxProcess = z.object({
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
  state: processState,
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
  owner: processOwner.nullable(),
})
export type SandboxProcess = z.infer<typeof sandboxProcess>

/** Answer of `GET /process/tree`: all processes as a flat list, oldest first. */
export const processTree = z.object({
  processes: z.array(sandboxProcess),
  /** How far back the look lies that `cpuPercent` compares with; null where there is none. */
  cpuIntervalMs: z.number().nullable(),
})
export type ProcessTree = z.infer<typeof processTree>

export const processSignal = z.enum([
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
export type ProcessSignal = z.infer<typeof processSignal>

/** Body of `POST /process/tree/{pid}/signal`. */
export const processSignalRequest = z.object({
  signal: processSignal,
  /** As the list told it: a process that has got the same pid since is not hit. */
  startTicks: z.number().int().min(0),
  /** Its descendants too, and, where it leads a process group, the group. */
  tree: z.boolean().default(false),
})
export type ProcessSignalRequest = z.input<typeof processSignalRequest>

/** What got the signal. With `SIGKILL` and `tree`, `gone` tells whether nothing of it is left; null otherwise. */
export const processSignalAnswer = z.object({
  signal: processSignal,
  signalled: z.array(z.object({ pid: z.number().int(), name: z.string() })),
  gone: z.boolean().nullable(),
})
export type ProcessSignalAnswer = z.infer<typeof processSignalAnswer>
