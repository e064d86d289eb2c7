/** What the launcher checks before it starts anything. Built as `dist/settings.mjs`, which the launcher loads. */
import { accessSync, constants, existsSync, mkdirSync, statfsSync, statSync } from 'node:fs'
import path from 'node:path'
import { readTargetsFile } from './targets-file'
import { readVariables } from './variables'

export { findProgram } from './programs'

const noBasePath =
  'SANDGLASS_BASE_PATH is not supported: Sandglass needs a host name of its own, such as https://sandglass.example.com, and cannot be served under a path of another site (docs/proxies.md).'

export interface LauncherSettings {
  /** 0 stands for any free port. */
  port: number
  host: string
  enginePort: number
  /** Absolute path; the directory exists. */
  dataDir: string
  /** Added to the environment of the engine and the console. */
  env: Record<string, string>
}

/**
 * Read and check all settings, the data directory and the file of other deployments.
 * @throws RangeError with one sentence for each problem, each on a line of its own
 */
export function readLauncherSettings(environment: Readonly<Record<string, string | undefined>>): LauncherSettings {
  if (environment.SANDGLASS_BASE_PATH?.trim()) throw new RangeError(noBasePath)
  const variables = readVariables(environment)
  const { PORT: port, HOST: host, ENGINE_PORT: enginePort, SANDGLASS_DATA_DIR: dataDir } = variables
  const targets = variables.SANDGLASS_TARGETS
  if (targets !== undefined) readTargetsFile(targets)
  makeUsable(dataDir)
  const env = {
    PORT: String(port),
    HOST: host,
    ENGINE_PORT: String(enginePort),
    SANDGLASS_DATA_DIR: dataDir,
    SANDGLASS_ISOLATION: variables.SANDGLASS_ISOLATION,
    ...(targets !== undefined && { SANDGLASS_TARGETS: targets }),
  }
  return { port, host, enginePort, dataDir, env }
}

/** Engine and console write keys, a reserve of 4 MiB and records of each sandbox. */
const minDiskBytes = 32 * 1024 ** 2

/** The data directory holds keys, so only its owner may read it. */
function makeUsable(directory: string): void {
  try {
    makeDirectories(directory)
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
    requireDirectory(directory)
  } catch (error) {
    if (error instanceof RangeError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new RangeError(
      `The data directory ${directory} cannot be written (${code}); set SANDGLASS_DATA_DIR to another one.`,
    )
  }
}

function requireDirectory(directory: string): void {
  const stats = statSync(directory)
  if (!stats.isDirectory()) {
    throw new RangeError(`The data directory ${directory} is not a directory; set SANDGLASS_DATA_DIR to another one.`)
  }
  if ((stats.mode & 0o002) !== 0) {
    throw new RangeError(
      `The data directory ${directory} holds keys, and every user of this machine can change it (mode ${(stats.mode & 0o7777).toString(8)}); set SANDGLASS_DATA_DIR to a directory of your own, such as ${path.join(directory, 'sandglass')}.`,
    )
  }
  const { blocks, bsize } = statfsSync(directory)
  if (blocks > 0 && blocks * bsize < minDiskBytes) {
    throw new RangeError(
      `The disk of the data directory ${directory} has ${((blocks * bsize) / 1024 ** 2).toFixed(1)} MiB, and Sandglass needs at least ${minDiskBytes / 1024 ** 2} MiB; set SANDGLASS_DATA_DIR to a directory on another disk.`,
    )
  }
}

/** Not mkdir's own `recursive`, which never returns where mkdir itself answers ENOENT, as below /proc. */
function makeDirectories(directory: string): void {
  if (existsSync(directory)) return
  makeDirectories(path.dirname(directory))
  mkdirSync(directory, { mode: 0o700 })
}
