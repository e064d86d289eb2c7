/** The configuration of a toolbox process: a JSON document in an environment variable, set by its launcher. */
import path from 'node:path'
import { z } from 'zod'
import { isolationReportSchema } from '@/lib/process-api/sandbox'
import { controlGroupSchema } from '../linux/control-group'

/** Name of the environment variable that carries the config. It is removed before any child is started. */
export const toolboxConfigVariable = 'SANDGLASS_TOOLBOX'

/**
 * Node arguments for a toolbox. Starting a process takes 0.04 ms longer per MB of the toolbox's memory, so the space for
 * new objects is kept small; nearly all of them are garbage after one request.
 */
export const toolboxNodeArguments = ['--max-semi-space-size=2']

const bytesSchema = z.number().int().positive()

/** Limits that users can read (`GET /capabilities`). All sizes are in bytes. */
const toolboxLimitsSchema = z.object({
  /** Maximum journal of one execution; later output is counted but not recorded. */
  journalBytes: bytesSchema.default(4 * 1024 ** 3),
  /** Maximum JSON request body. */
  bodyBytes: bytesSchema.default(64 * 1024 ** 2),
  /** Maximum command of a session, in UTF-8. */
  commandBytes: bytesSchema.default(1024 ** 2),
  /** Ended runs to retain; the oldest are deleted first. */
  keptRuns: z.number().int().min(1).default(2_000),
  /** Journal bytes of ended runs to retain; the oldest runs are deleted first. */
  keptRunBytes: bytesSchema.default(16 * 1024 ** 3),
  /** Maximum `result` of execute and code-run; the journal has the rest. */
  resultBytes: bytesSchema.default(128 * 1024 ** 2),
  /** Existing sessions, including ended ones. */
  sessions: z.number().int().min(1).default(1_000),
  ptys: z.number().int().min(1).default(200),
  /** Interpreter contexts, without the default one. */
  contexts: z.number().int().min(1).default(100),
})

export const sandboxEnvironmentSchema = z.record(z.string(), z.string().nullable())

/** All paths are as seen by the toolbox process, in its own copy of the mount namespace of the sandbox. */
export const toolboxConfigSchema = z.object({
  sandboxId: z.string(),
  /**
   * Journals, sessions, runs. Relative with isolation: this folder is the toolbox's working directory. It has no
   * name in the sandbox, and nothing else can be reached from its mount.
   */
  stateDir: z.string(),
  /** Key that authenticates this sandbox's records, 32 bytes in base64; null writes records without codes. */
  stateKey: z.base64().length(44).nullable().default(null),
  socketPath: z.string(),
  /** Folder for files that running processes open by name, as seen by the toolbox. */
  scratchDir: z.string(),
  /** The same folder as seen by those processes, if different. They cannot write to it. */
  scratchInside: z.string().nullable().default(null),
  /** Folder for the pipes and files of processes about to be started; `pipes` in the scratch folder if null. */
  pipesDir: z.string().nullable().default(null),
  /** The hand, which starts the sandbox's processes; null if the toolbox starts them itself. */
  hand: z.object({ descriptor: z.number().int(), program: z.string() }).nullable().default(null),
  homeDir: z.string(),
  workDir: z.string(),
  user: z.string(),
  /** `PATH` of children. */
  basePath: z.string().default('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'),
  /** The sandbox's environment, added to the allow-list for children. Null removes a variable. */
  env: sandboxEnvironmentSchema.default({}),
  isolation: isolationReportSchema,
  /** The sandbox's control groups, if any. */
  group: controlGroupSchema.nullable().default(null),
  limits: toolboxLimitsSchema.prefault({}),
  /** Folder with files shipped beside the bundle: preload scripts, the esbuild binary, native addons. */
  assetsDir: z.string(),
})
export type ToolboxConfig = z.infer<typeof toolboxConfigSchema>
/** The config as a launcher writes it: fields with defaults are optional. */
export type ToolboxConfigInput = z.input<typeof toolboxConfigSchema>

/**
 * Read the config from the environment and remove it there, so that no child sees it.
 * Throws if the config is missing or invalid.
 */
export function takeConfig(env: NodeJS.ProcessEnv): ToolboxConfig {
  const text = env[toolboxConfigVariable]
  delete env[toolboxConfigVariable]
  if (!text) throw new Error(`${toolboxConfigVariable} is not set: only the engine starts a toolbox`)
  return toolboxConfigSchema.parse(JSON.parse(text))
}

/** Where a toolbox puts its pipes, and the files that processes open by name. */
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
