/** Names and descriptions for the schemas of the control plane. */

import { createSandboxBodySchema } from '@/lib/process-api/create-sandbox'
import {
  copyProgressSchema,
  diskUsageSchema,
  isolationReportSchema,
  lastStopSchema,
  networkSettingsRequestSchema,
  previewUrlSchema,
  resizeRequestSchema,
  sandboxDtoSchema,
  sandboxListItemSchema,
  toolboxNoticeSchema,
} from '@/lib/process-api/sandbox'
import { snapshotDtoSchema } from '@/lib/process-api/snapshots'
import { volumeDtoSchema } from '@/lib/process-api/volumes'
import { warmPoolDtoSchema } from '@/lib/process-api/warm-pools'
import { type NamedSchema, named } from './named'

const resources = {
  cpu: 'Cores, up to `SANDGLASS_MAX_CPU`.',
  memory: 'Memory in GiB, up to `SANDGLASS_MAX_MEMORY`.',
  disk: 'Disk in GiB, up to `SANDGLASS_MAX_DISK`. Not enforced.',
}

const intervals = {
  autoStopInterval: 'Minutes without activity before it is stopped; 0 for never.',
  autoArchiveInterval: 'Minutes that a sandbox stays stopped before it is archived; 0 for the maximum.',
  autoDeleteInterval: 'Minutes from its stop to its deletion; 0 for at once, negative for never.',
}

const sandboxNotes = {
  ...resources,
  ...intervals,
  id: 'UUID. Never changes.',
  organizationId: 'The only organization of this engine.',
  name: 'Name chosen at creation, or the id.',
  snapshot: 'Snapshot that it was created from.',
  user: 'User that programs run as.',
  env: 'Environment variables of its processes.',
  labels: 'Labels, by which lists can be filtered.',
  public: 'Whether its ports can be accessed without a credential.',
  networkBlockAll: 'Whether it has no network access.',
  networkAllowList: 'Networks that it can reach, separated by commas; left out if there is no such list.',
  networkPolicy: 'The requested policy. `isolation.networkPolicy` is the policy in effect. An extension.',
  target: 'The only target of this engine.',
  gpu: 'Always 0.',
  state: 'Current state.',
  desiredState: 'Requested state.',
  errorReason: 'Why the state is `error`, in one sentence.',
  recoverable: 'Whether `recoverSandbox` can be tried.',
  autoDestroyAt: 'Time of its deletion, whatever its state; left out if it has no time to live.',
  lastActivityAt: 'Time of its last use.',
  daemonVersion: 'Version of the contract that its toolbox follows.',
  toolboxProxyUrl: 'Address of the toolboxes. Append a slash, the id and a path of the toolbox.',
  isolation: 'How it is isolated from the machine. An extension.',
  lastStop: 'Why it last stopped; left out if it never did. An extension.',
  toolboxNotice: 'What happened to a toolbox that stopped responding; left out if nothing did. An extension.',
  diskUsage: 'Disk usage; left out until it was measured. An extension.',
  copy: 'Progress of copying its home directory; left out if nothing is being copied. An extension.',
}

const networkNotes = {
  networkBlockAll: 'True for the policy `none`, false for `internet`.',
  networkAllowList:
    'Up to 64 IPv4 networks such as `203.0.113.0/24`, separated by commas. Nothing else can be reached.',
  networkPolicy:
    '`none`, `internet` (public addresses only; the default) or `all` (everything that the machine can reach). An extension.',
  domainAllowList: 'Refused unless empty, because the addresses of a name change and are shared.',
}

export const sandboxSchemas: readonly NamedSchema[] = [
  named('Sandbox', sandboxDtoSchema, 'A sandbox. Unknown fields are left out.', sandboxNotes),
  named('SandboxListItem', sandboxListItemSchema, 'A sandbox, as in lists: without its environment.', sandboxNotes),
  named('Isolation', isolationReportSchema, 'How a sandbox is isolated from its host.', {
    kind: 'Kind of isolation. `none` is an ordinary process of the host.',
    network: 'Whether it has its own network, shares that of the host, or has none.',
    networkPolicy: 'The policy in effect, and why it differs from the requested one, if it does.',
    warnings: 'Warnings to show to people.',
  }),
  named('LastStop', lastStopSchema, 'Why a sandbox stopped, as far as the engine observed it.', {
    reason: 'A call of the API, inactivity, its time to live, the end of its toolbox, and so on.',
    at: 'Time, in ISO 8601.',
    message: 'The same in one sentence.',
  }),
  named('ToolboxNotice', toolboxNoticeSchema, 'What happened to a toolbox that stopped responding.', {
    kind: '`silent` now, `resumed` after it was stopped by a signal, or `restarted`.',
    at: 'Time, in ISO 8601.',
    message: 'The same in one sentence.',
  }),
  named('DiskUsage', diskUsageSchema, 'Allocated bytes on the disk. Holes do not count, hard links count once.', {
    homeBytes: 'Home directory.',
    totalBytes: 'Home directory, `/tmp`, and records of executions.',
    measuredAt: 'Time, in ISO 8601.',
  }),
  named('CopyProgress', copyProgressSchema, 'A copy in progress.', {
    action: '`fork` and `snapshot` read the home directory, `restore` fills it.',
    copiedBytes: 'Bytes copied so far.',
    totalBytes: 'Approximate total; null if unknown.',
    startedAt: 'Time, in ISO 8601.',
  }),
  named(
    'CreateSandbox',
    createSandboxBodySchema,
    'Options of a new sandbox, all optional. Unsupported options are refused, not ignored.',
    {
      ...resources,
      ...intervals,
      name: 'Up to 128 letters, digits, dots, hyphens and underscores; the id by default.',
      snapshot: 'Id or name of the snapshot to create it from.',
      user: 'Must be `daytona`.',
      env: 'Environment variables of its processes.',
      labels: 'Labels.',
      public: 'Makes its ports accessible without a credential.',
      ttlMinutes: 'Minutes from now to its deletion, whatever its state; 0 for no limit.',
      ...networkNotes,
      buildInfo: 'Refused unless empty, because this engine does not build images.',
      volumes: 'Refused unless empty.',
      secrets: 'Refused unless empty; use `env`.',
      gpu: 'Refused unless 0.',
    },
  ),
  named(
    'ResizeSandbox',
    resizeRequestSchema,
    'New resources, at least one. Resources that are left out do not change.',
    resources,
  ),
  named(
    'NetworkSettings',
    networkSettingsRequestSchema,
    'A network policy. One of the first three fields is required.',
    networkNotes,
  ),
  named('PreviewUrl', previewUrlSchema, 'Address of a port of a sandbox.', {
    url: 'Address of the port.',
    token: 'Gives access to the whole sandbox until its next start. Keep it secret.',
  }),
  named('Snapshot', snapshotDtoSchema, 'Saved files of a home directory, from which sandboxes can be created.', {
    general: 'True for the snapshot that always exists.',
    size: 'Size in GiB; null if not measured.',
    lastUsedAt: 'Creation time of the newest sandbox that was created from it and still exists.',
    sourceSandboxId: 'Sandbox that it was created from.',
  }),
  named('Volume', volumeDtoSchema, 'A volume. This engine has none.'),
  named('WarmPool', warmPoolDtoSchema, 'Started toolboxes that are kept ready for new sandboxes.', {
    pool: 'Requested number.',
    currentSize: 'Current number.',
  }),
]
