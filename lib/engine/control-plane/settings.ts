/** The engine's settings, from environment variables; README.md has the table. */
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { entriesOf, namesOf } from '@/lib/edge/own-origins'
import { readAs, wholeNumber } from '@/lib/edge/setting'
import type { SocketLimitValues as SocketCeilings } from '@/lib/edge/socket-limits'
import { TrustedProxies } from '@/lib/edge/trusted-proxies'
import type { IsolationSetting } from '../isolation/choose'
import type { LimitsChoice } from '../isolation/limits/choose-limits'
import { defaultProcessLimit } from '../isolation/limits/limits'
import { type EngineHostsOptions, requirePreviewNames } from './access/host-check'
import { parseReserve, type ReserveSize } from './disk/reserve'
import { previewNotices } from './sandbox/preview-notices'
import { defaultQuotas, machineQuotas, type Quotas } from './sandbox/quotas'

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
  /** Warnings about where pages of sandboxes are served. */
  readonly notices: readonly string[]
  readonly quotas: Quotas
  /** Per sandbox; the toolbox has defaults for absent values. */
  readonly sandboxLimits: { sessions?: number; ptys?: number; contexts?: number }
  /** Free space to preserve on the disk of the data folder; null for the default. */
  readonly reserve: ReserveSize | null
  readonly assetsDir: string
  readonly docsDir: string
}

const countSchema = z.coerce.number().int().min(1).max(1_000_000)

const variablesSchema = z.object({
  ENGINE_PORT: z.coerce.number().int().min(0).max(65_535).default(3986),
  SANDGLASS_DATA_DIR: z.string().min(1).default(path.join(homedir(), '.sandglass')),
  SANDGLASS_ISOLATION: z.enum(['auto', 'bubblewrap', 'none']).default('auto'),
  SANDGLASS_LIMITS: z.enum(['auto', 'none']).default('auto'),
  SANDGLASS_PROCESS_LIMIT: z.coerce.number().int().min(64).max(4_194_304).default(defaultProcessLimit),
  SANDGLASS_WARM: z.coerce.number().int().min(0).max(32).default(2),
  SANDGLASS_SHARED_HOST_PREVIEWS: z.enum(['refuse', 'allow']).default('refuse'),
  SANDGLASS_MAX_SANDBOXES: countSchema.default(defaultQuotas.sandboxes),
  SANDGLASS_MAX_RUNNING: countSchema.default(defaultQuotas.running),
  SANDGLASS_MAX_SNAPSHOTS: countSchema.default(defaultQuotas.snapshots),
  SANDGLASS_MAX_SESSIONS: countSchema.optional(),
  SANDGLASS_MAX_PTYS: countSchema.optional(),
  SANDGLASS_MAX_CONTEXTS: countSchema.optional(),
  SANDGLASS_MAX_CPU: z.coerce.number().int().min(1).max(4_096).optional(),
  SANDGLASS_MAX_MEMORY: z.coerce.number().int().min(1).max(1_048_576).optional(),
  SANDGLASS_MAX_DISK: countSchema.optional(),
  SANDGLASS_DISK_RESERVE: z
    .string()
    .transform((text) => parseReserve(text))
    .refine((size) => size !== null, 'it must be a size such as 2G or 512M, or a percentage of the disk such as 5%')
    .optional(),
})

const socketLimitRange = [1, 1_000_000] as const

/** Read and check the settings. Throws a RangeError with one sentence that names the invalid setting. */
export function readEngineSettings(env: NodeJS.ProcessEnv): EngineSettings {
  const nonEmpty = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = variablesSchema.safeParse(nonEmpty)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new RangeError(`The setting ${issue?.path.join('.')} is not valid: ${issue?.message}.`)
  }
  const {
    ENGINE_PORT: port,
    SANDGLASS_DATA_DIR: dataDir,
    SANDGLASS_ISOLATION: isolation,
    SANDGLASS_LIMITS: limits,
    SANDGLASS_PROCESS_LIMIT: processLimit,
    SANDGLASS_WARM: warm,
    SANDGLASS_SHARED_HOST_PREVIEWS: sharing,
    SANDGLASS_MAX_SANDBOXES: sandboxes,
    SANDGLASS_MAX_RUNNING: running,
    SANDGLASS_MAX_SNAPSHOTS: snapshots,
  } = parsed.data
  const sharedPages = sharing === 'allow'
  const hosts = readHosts(env)
  const folder = path.resolve(dataDir)
  const buildDir = path.dirname(fileURLToPath(import.meta.url))
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const machine = machineQuotas(folder)
  const quotas = {
    sandboxes,
    running,
    snapshots,
    cpu: parsed.data.SANDGLASS_MAX_CPU ?? machine.cpu,
    memory: parsed.data.SANDGLASS_MAX_MEMORY ?? machine.memory,
    disk: parsed.data.SANDGLASS_MAX_DISK ?? machine.disk,
  }
  return {
    dataDir: folder,
    port,
    isolation,
    limits: { setting: limits, processLimit },
    warm,
    hosts,
    proxies: readAs(env, 'SANDGLASS_TRUSTED_PROXIES', (text) => new TrustedProxies(text)),
    sockets: {
      total: wholeNumber(env, 'SANDGLASS_ENGINE_SOCKETS', 8_000, socketLimitRange),
      perHolder: wholeNumber(env, 'SANDGLASS_ENGINE_SOCKETS_PER_KEY', 6_000, socketLimitRange),
      perAddress: wholeNumber(env, 'SANDGLASS_ENGINE_SOCKETS_PER_ADDRESS', 7_000, socketLimitRange),
    },
    sharedPages,
    notices: noticesOf(hosts, sharedPages),
    quotas,
    sandboxLimits: {
      sessions: parsed.data.SANDGLASS_MAX_SESSIONS,
      ptys: parsed.data.SANDGLASS_MAX_PTYS,
      contexts: parsed.data.SANDGLASS_MAX_CONTEXTS,
    },
    reserve: parsed.data.SANDGLASS_DISK_RESERVE ?? null,
    assetsDir: path.join(buildDir, 'toolbox'),
    docsDir: path.join(buildDir, 'docs'),
  }
}

function readHosts(env: NodeJS.ProcessEnv): EngineSettings['hosts'] {
  return {
    consoleHost: env.HOST?.trim(),
    allowed: readAs(env, 'SANDGLASS_ALLOWED_HOSTS', entriesOf),
    previews: readAs(env, 'SANDGLASS_PREVIEW_HOSTS', (text) => requirePreviewNames(entriesOf(text))),
    apiOrigins: readAs(env, 'SANDGLASS_API_ORIGINS', entriesOf),
  }
}

function noticesOf({ consoleHost = '', allowed, previews }: EngineSettings['hosts'], shared: boolean): string[] {
  const consoles = [consoleHost.toLowerCase(), ...namesOf(allowed)].filter((name) => name !== '')
  return previewNotices({ consoles, previews: namesOf(previews), shared })
}
