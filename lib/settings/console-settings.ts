/**
 * Settings of the console, read from the environment once. The server fills in what it learns while starting (the port
 * that it was really given) and the pages see the same object: server.ts and Next's bundles do not share modules,
 * but they share `globalThis`.
 */
import { homedir } from 'node:os'
import path from 'node:path'
import { entriesOf } from '@/lib/edge/own-origins'
import { readAs, wholeNumber } from '@/lib/edge/setting'
import type { SocketLimitValues } from '@/lib/edge/socket-limits'
import { TrustedProxies } from '@/lib/edge/trusted-proxies'
import { type RemoteTarget, readTargetsFile } from './targets-file'

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

const limitRange = [1, 1_000_000] as const

const key = Symbol.for('sandglass.console-settings')

/** Read the settings. Throws a RangeError with a plain sentence for one that is not valid or a file that cannot be used. */
export function readConsoleSettings(environment: NodeJS.ProcessEnv = process.env): ConsoleSettings {
  const port = Number(environment.PORT?.trim() || 3000)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`PORT is "${environment.PORT}", which is not a port number. Use a number from 1 to 65535.`)
  }
  return {
    host: environment.HOST?.trim() || '127.0.0.1',
    port,
    // Without the mark, Next takes the folder for a part of the build and traces the whole project.
    dataDir: path.resolve(
      /* turbopackIgnore: true */ environment.SANDGLASS_DATA_DIR?.trim() || path.join(homedir(), '.sandglass'),
    ),
    allowedHosts: readAs(environment, 'SANDGLASS_ALLOWED_HOSTS', entriesOf),
    proxies: readAs(environment, 'SANDGLASS_TRUSTED_PROXIES', (text) => new TrustedProxies(text)),
    liveSockets: {
      total: wholeNumber(environment, 'SANDGLASS_LIVE_SOCKETS', 1_000, limitRange),
      perHolder: wholeNumber(environment, 'SANDGLASS_LIVE_SOCKETS_PER_SESSION', 100, limitRange),
      perAddress: wholeNumber(environment, 'SANDGLASS_LIVE_SOCKETS_PER_ADDRESS', 500, limitRange),
    },
    dev: environment.NODE_ENV !== 'production',
    targets: environment.SANDGLASS_TARGETS?.trim() ? readTargetsFile(environment.SANDGLASS_TARGETS.trim()) : [],
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
