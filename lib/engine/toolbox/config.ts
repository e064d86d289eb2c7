/** The one setting of a toolbox process: a JSON document in its environment, written by whoever launches it. */
import { constants, openSync } from 'node:fs'
import { z } from 'zod'
import { isolationReport } from '@/lib/process-api/sandbox'
import { controlGroup } from './limits/control-group'

/** Name of the environment variable that carries the config. It is removed before any child is started. */
export const toolboxConfigVariable = 'SANDGLASS_TOOLBOX'

/**
 * Arguments for the Node that runs a toolbox. Starting a process takes 0.04 ms longer for each MB of the toolbox's own
 * memory, so the space for new objects stays small; nearly all of them are gone after one request.
 */
export const toolboxNodeArguments = ['--max-semi-space-size=2']

const bytes = z.number().int().positive()

/** Caps that a user can see (`GET /capabilities`). All sizes are bytes. */
const toolboxLimits = z.object({
  /** Longest journal of one execution; what comes after it is counted, not recorded. */
  journalBytes: bytes.default(4 * 1024 ** 3),
  /** Longest JSON request body. */
  bodyBytes: bytes.default(64 * 1024 ** 2),
  /** Runs kept after their end; the oldest ended ones go first. */
  keptRuns: z.number().int().min(1).default(2_000),
  /** Bytes of journals of ended runs that are kept; the oldest ended ones go first. */
  keptRunBytes: bytes.default(16 * 1024 ** 3),
  /** Longest `result` of execute and code-run; the journal has the rest. */
  resultBytes: bytes.default(128 * 1024 ** 2),
})

export const sandboxEnvironment = z.record(z.string(), z.string().nullable())

/** Paths are as the toolbox process sees them, inside its isolation. */
export const toolboxConfig = z.object({
  sandboxId: z.string(),
  /** Journals, sessions, runs. May be `/proc/self/fd/<n>`: a directory that the sandbox cannot reach by path. */
  stateDir: z.string(),
  /** 32 bytes in base64, with which the records of this sandbox are authenticated; null leaves them without codes. */
  stateKey: z.base64().length(44).nullable().default(null),
  socketPath: z.string(),
  /** A folder for FIFOs and script files that live as long as a command starts. */
  scratchDir: z.string(),
  homeDir: z.string(),
  workDir: z.string(),
  user: z.string(),
  /** `PATH` of children. */
  basePath: z.string().default('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'),
  /** The sandbox's own environment; children get it on top of the allow-list. Null takes a variable away. */
  env: sandboxEnvironment.default({}),
  isolation: isolationReport,
  /** The sandbox's control groups, where it has some. */
  group: controlGroup.nullable().default(null),
  limits: toolboxLimits.prefault({}),
  /** Folder with the files beside the bundle: preload scripts, the esbuild binary, native addons. */
  assetsDir: z.string(),
})
export type ToolboxConfig = z.infer<typeof toolboxConfig>
/** What a launcher writes: defaults may be left out. */
export type ToolboxConfigInput = z.input<typeof toolboxConfig>

/**
 * Read the config from the environment and take it out of there, so that no child sees it.
 * Throws with a plain sentence when it is missing or wrong.
 */
export function takeConfig(env: NodeJS.ProcessEnv): ToolboxConfig {
  const text = env[toolboxConfigVariable]
  delete env[toolboxConfigVariable]
  if (!text) throw new Error(`${toolboxConfigVariable} is not set: a toolbox is started by the engine, not by hand`)
  return adoptStateDir(toolboxConfig.parse(JSON.parse(text)))
}

/**
 * An inherited directory descriptor is not close-on-exec, so every child would get a way into the state folder.
 * Open it anew (Node opens close-on-exec); the inherited one is closed with all others before a child is started.
 */
function adoptStateDir(config: ToolboxConfig): ToolboxConfig {
  if (!/^\/proc\/self\/fd\/\d+$/.test(config.stateDir)) return config
  const own = openSync(config.stateDir, constants.O_RDONLY | constants.O_DIRECTORY)
  const stateDir = `/proc/self/fd/${own}`
  const socketPath = config.socketPath.startsWith(`${config.stateDir}/`)
    ? stateDir + config.socketPath.slice(config.stateDir.length)
    : config.socketPath
  return { ...config, stateDir, socketPath }
}
