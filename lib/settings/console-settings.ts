/**
 * Settings of the console, read from the environment once. The server adds the port that it was actually given, and the
 * pages read the same object through `globalThis`, because server.ts and Next's bundles do not share modules.
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
  /** Reverse proxies whose forwarding headers are trusted. */
  proxies: TrustedProxies
  /** Limits of concurrent live connections. */
  liveSockets: SocketLimitValues
  /** Days for which the history keeps what ran in deleted sandboxes. */
  historyDays: number
  /** Whether the audit log stores code and commands. */
  auditCode: boolean
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
    historyDays: variables.SANDGLASS_HISTORY_DAYS,
    auditCode: variables.SANDGLASS_AUDIT_CODE === 'on',
    dev: environment.NODE_ENV !== 'production',
    targets: variables.SANDGLASS_TARGETS === undefined ? [] : readTargetsFile(variables.SANDGLASS_TARGETS),
  }
}

/** Shares these settings with every bundle of this process. */
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
