/**
 * Settings of the console, read from the environment once. The server fills in what it learns while starting (the port
 * that it was really given) and the pages see the same object: server.ts and Next's bundles do not share modules,
 * but they share `globalThis`.
 */
import type { SocketLimitValues } from '@/lib/edge/socket-limits'
import type { TrustedProxies } from '@/lib/edge/trusted-proxies'
import { type RemoteTarget, readTargetsFile } from './targets-file'
import { readVariables } from './variables'

export interface ConsoleSettings {
  host: string
  port: number
  dataDir: string
  /** Names and origins under which a reverse proxy serves the console. */
  allowedHosts: readonly string[]
  /** Whose word about the visitor counts. */
  proxies: TrustedProxies
  /** Live sockets at a time. */
  liveSockets: SocketLimitValues
  dev: boolean
  /** Deployments beside the local engine. */
  targets: readonly RemoteTarget[]
}

const key = Symbol.for('sandglass.console-settings')

/** @throws RangeError with one sentence for each wrong variable, or for a file of targets that cannot be used */
export function readConsoleSettings(environment: NodeJS.ProcessEnv = process.env): ConsoleSettings {
  const variables = readVariables(environment)
  return {
    host: variables.HOST,
    port: variables.PORT,
    dataDir: variables.SANDGLASS_DATA_DIR,
    allowedHosts: variables.SANDGLASS_ALLOWED_HOSTS,
    proxies: variables.SANDGLASS_TRUSTED_PROXIES,
    liveSockets: {
      total: variables.SANDGLASS_LIVE_SOCKETS,
      perHolder: variables.SANDGLASS_LIVE_SOCKETS_PER_SESSION,
      perAddress: variables.SANDGLASS_LIVE_SOCKETS_PER_ADDRESS,
    },
    dev: environment.NODE_ENV !== 'production',
    targets: variables.SANDGLASS_TARGETS === undefined ? [] : readTargetsFile(variables.SANDGLASS_TARGETS),
  }
}

/** Make these settings the ones that every part of this process sees. */
export function shareConsoleSettings(settings: ConsoleSettings): void {
  Object.assign(globalThis, { [key]: settings })
}

/** The shared settings, or those of the environment in a process without the server. */
export function consoleSettings(): ConsoleSettings {
  const shared: unknown = Reflect.get(globalThis, key)
  return isSettings(shared) ? shared : readConsoleSettings()
}

function isSettings(value: unknown): value is ConsoleSettings {
  return typeof value === 'object' && value !== null && 'dataDir' in value
}
