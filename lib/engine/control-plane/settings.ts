/** The engine's settings, from the environment. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { namesOf } from '@/lib/edge/own-origins'
import type { SocketLimitValues as SocketCeilings } from '@/lib/edge/socket-limits'
import type { TrustedProxies } from '@/lib/edge/trusted-proxies'
import type { ReserveSize } from '@/lib/settings/disk-reserve'
import { readVariables, type Variables } from '@/lib/settings/variables'
import type { IsolationSetting } from '../isolation/choose'
import type { LimitsChoice } from '../isolation/limits/choose-limits'
import type { EngineHostsOptions } from './access/host-check'
import { previewNotices } from './sandbox/preview-notices'
import { machineQuotas, type Quotas } from './sandbox/quotas'

export interface EngineSettings {
  readonly dataDir: string
  /** 0 picks a free port. */
  readonly port: number
  readonly isolation: IsolationSetting
  readonly limits: LimitsChoice
  /** Number of toolboxes to keep warm. */
  readonly warm: number
  readonly hosts: Omit<EngineHostsOptions, 'port'>
  readonly proxies: TrustedProxies
  readonly sockets: SocketCeilings
  readonly sharedPages: boolean
  /** Links to ports have an address of the loopback where that works. */
  readonly previewAddresses: boolean
  /** Warnings about where pages of sandboxes are served. */
  readonly notices: readonly string[]
  readonly quotas: Quotas
  /** Per sandbox; the toolbox has defaults for absent values. */
  readonly sandboxLimits: { sessions?: number; ptys?: number; contexts?: number }
  /** Free space to preserve on the disk of the data directory; null for the default. */
  readonly reserve: ReserveSize | null
  readonly assetsDir: string
  readonly docsDir: string
}

/** @throws RangeError with one sentence for each wrong variable */
export function readEngineSettings(env: NodeJS.ProcessEnv): EngineSettings {
  const variables = readVariables(env)
  const dataDir = variables.SANDGLASS_DATA_DIR
  const sharedPages = variables.SANDGLASS_SHARED_HOST_PREVIEWS === 'allow'
  const hosts = hostsOf(variables)
  const built = path.dirname(fileURLToPath(import.meta.url))
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const machine = machineQuotas(dataDir)
  return {
    dataDir,
    port: variables.ENGINE_PORT,
    isolation: variables.SANDGLASS_ISOLATION,
    limits: { setting: variables.SANDGLASS_LIMITS, processLimit: variables.SANDGLASS_PROCESS_LIMIT },
    warm: variables.SANDGLASS_WARM,
    hosts,
    proxies: variables.SANDGLASS_TRUSTED_PROXIES,
    sockets: {
      total: variables.SANDGLASS_ENGINE_SOCKETS,
      perHolder: variables.SANDGLASS_ENGINE_SOCKETS_PER_KEY,
      perAddress: variables.SANDGLASS_ENGINE_SOCKETS_PER_ADDRESS,
    },
    sharedPages,
    previewAddresses: variables.SANDGLASS_PREVIEW_LINKS === 'addresses',
    notices: noticesOf(hosts, sharedPages),
    quotas: {
      sandboxes: variables.SANDGLASS_MAX_SANDBOXES,
      running: variables.SANDGLASS_MAX_RUNNING,
      snapshots: variables.SANDGLASS_MAX_SNAPSHOTS,
      cpu: variables.SANDGLASS_MAX_CPU ?? machine.cpu,
      memory: variables.SANDGLASS_MAX_MEMORY ?? machine.memory,
      disk: variables.SANDGLASS_MAX_DISK ?? machine.disk,
    },
    sandboxLimits: {
      sessions: variables.SANDGLASS_MAX_SESSIONS,
      ptys: variables.SANDGLASS_MAX_PTYS,
      contexts: variables.SANDGLASS_MAX_CONTEXTS,
    },
    reserve: variables.SANDGLASS_DISK_RESERVE ?? null,
    assetsDir: path.join(built, 'toolbox'),
    docsDir: path.join(built, 'docs'),
  }
}

function hostsOf(variables: Variables): EngineSettings['hosts'] {
  return {
    consoleHost: variables.HOST,
    allowed: variables.SANDGLASS_ALLOWED_HOSTS,
    previews: variables.SANDGLASS_PREVIEW_HOSTS,
    apiOrigins: variables.SANDGLASS_API_ORIGINS,
  }
}

function noticesOf({ consoleHost = '', allowed, previews }: EngineSettings['hosts'], shared: boolean): string[] {
  const consoles = [consoleHost.toLowerCase(), ...namesOf(allowed)].filter((name) => name !== '')
  return previewNotices({ consoles, previews: namesOf(previews), shared })
}
