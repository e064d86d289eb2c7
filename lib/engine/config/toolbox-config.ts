/** The one setting of a toolbox process: a JSON document in its environment, written by whoever launches it. */
import path from 'node:path'
import { z } from 'zod'
import { isolationReportSchema } from '@/lib/process-api/sandbox'
import { controlGroupSchema } from '../linux/control-group'

/** Name of the environment variable that carries the config. It is removed before any child is started. */
export const toolboxConfigVariable = 'SANDGLASS_TOOLBOX'

/**
 * Arguments for the Node that runs a toolbox. Starting a process takes 0.04 ms longer for each MB of the toolbox's own
 * memory, so the space for new objects stays small; nearly all of them are gone after one request.
 */
export const toolboxNodeArguments = ['--max-semi-space-size=2']

const bytesSchema = z.number().int().positive()

/** Caps that a user can see (`GET /capabilities`). All sizes are bytes. */
const toolboxLimitsSchema = z.object({
  /** Longest journal of one execution; what comes after it is counted, not recorded. */
  journalBytes: bytesSchema.default(4 * 1024 ** 3),
  /** Longest JSON request body. */
  bodyBytes: bytesSchema.default(64 * 1024 ** 2),
  /** Longest command of a session, in UTF-8. */
  commandBytes: bytesSchema.default(1024 ** 2),
  /** Runs kept after their end; the oldest ended ones go first. */
  keptRuns: z.number().int().min(1).default(2_000),
  /** Bytes of journals of ended runs that are kept; the oldest ended ones go first. */
  keptRunBytes: bytesSchema.default(16 * 1024 ** 3),
  /** Longest `result` of execute and code-run; the journal has the rest. */
  resultBytes: bytesSchema.default(128 * 1024 ** 2),
  /** Sessions that exist, ended ones included. */
  sessions: z.number().int().min(1).default(1_000),
  ptys: z.number().int().min(1).default(200),
  /** Interpreter contexts, the default one not counted. */
  contexts: z.number().int().min(1).default(100),
})

export const sandboxEnvironmentSchema = z.record(z.string(), z.string().nullable())

/** Paths are as the toolbox process sees them, inside its isolation. */
export const toolboxConfigSchema = z.object({
  sandboxId: z.string(),
  /**
   * Journals, sessions, runs. Relative inside an isolation: the toolbox works in that folder, which has no name in the
   * sandbox, and on a mount from which nothing else can be reached.
   */
  stateDir: z.string(),
  /** 32 bytes in base64, with which the records of this sandbox are authenticated; null leaves them without codes. */
  stateKey: z.base64().length(44).nullable().default(null),
  socketPath: z.string(),
  /** A folder for what running processes are given by name; where the toolbox finds it. */
  scratchDir: z.string(),
  /** The same folder as those processes find it, where that differs. They can change nothing in it. */
  scratchInside: z.string().nullable().default(null),
  /** A folder for the pipes and files of processes that are about to be started; `pipes` in the scratch folder if null. */
  pipesDir: z.string().nullable().default(null),
  /** The hand, which starts the sandbox's processes; null where the toolbox does that itself. */
  hand: z.object({ descriptor: z.number().int(), program: z.string() }).nullable().default(null),
  homeDir: z.string(),
  workDir: z.string(),
  user: z.string(),
  /** `PATH` of children. */
  basePath: z.string().default('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'),
  /** The sandbox's own environment; children get it on top of the allow-list. Null takes a variable away. */
  env: sandboxEnvironmentSchema.default({}),
  isolation: isolationReportSchema,
  /** The sandbox's control groups, where it has some. */
  group: controlGroupSchema.nullable().default(null),
  limits: toolboxLimitsSchema.prefault({}),
  /** Folder with the files beside the bundle: preload scripts, the esbuild binary, native addons. */
  assetsDir: z.string(),
})
export type ToolboxConfig = z.infer<typeof toolboxConfigSchema>
/** What a launcher writes: defaults may be left out. */
export type ToolboxConfigInput = z.input<typeof toolboxConfigSchema>

/**
 * Read the config from the environment and take it out of there, so that no child sees it.
 * Throws with a plain sentence when it is missing or wrong.
 */
export function takeConfig(env: NodeJS.ProcessEnv): ToolboxConfig {
  const text = env[toolboxConfigVariable]
  delete env[toolboxConfigVariable]
  if (!text) throw new Error(`${toolboxConfigVariable} is not set: a toolbox is started by the engine, not by hand`)
  return toolboxConfigSchema.parse(JSON.parse(text))
}

/** Where a toolbox keeps its pipes, and what it hands to processes by name. */
export function poolFolders({
  scratchDir,
  scratchInside,
  pipesDir,
}: Pick<ToolboxConfig, 'scratchDir' | 'scratchInside' | 'pipesDir'>) {
  return {
    pipesDir: pipesDir ?? path.join(scratchDir, 'pipes'),
    scratchDir: path.join(scratchDir, 'named'),
    scratchInside: path.join(scratchInside ?? scratchDir, 'named'),
  }
}
