/** Names and notes of the control plane's schemas. */

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
  cpu: 'Cores, at most `SANDGLASS_MAX_CPU`.',
  memory: 'Memory in GiB, at most `SANDGLASS_MAX_MEMORY`.',
  disk: 'Disk in GiB, at most `SANDGLASS_MAX_DISK`. Nothing holds it to that.',
}

const intervals = {
  autoStopInterval: 'Minutes without activity after which it is stopped; 0 never does.',
  autoArchiveInterval: 'Kept for clients that set it; nothing is archived by this engine.',
  autoDeleteInterval: 'Minutes after a stop at which it is deleted; 0 deletes it at once, a negative number never.',
}

const sandboxNotes = {
  ...resources,
  ...intervals,
  id: 'A UUID, which never changes.',
  organizationId: 'The one organization of this engine.',
  name: 'Chosen at the creation, else the id.',
  snapshot: 'What it was made from.',
  user: 'The user that programs run as.',
  env: 'Variables of everything that is started in it.',
  labels: 'Free pairs of text; lists can be filtered by them.',
  public: 'Whether its ports are shown to everybody who reaches the engine.',
  networkBlockAll: 'Whether it is cut off from every network.',
  networkAllowList: 'The networks that it may reach, separated by commas; left out where there is no such list.',
  networkPolicy: 'The policy that was asked for; `isolation.networkPolicy` is the one in force. An extension.',
  target: 'Always the one place that this engine has.',
  gpu: 'Always 0.',
  state: 'What it does now.',
  desiredState: 'What it was asked to become.',
  errorReason: 'Why its state is `error`, as one sentence.',
  recoverable: 'Whether `recover` can be tried.',
  autoDestroyAt: 'When it is deleted whatever its state; left out where it has no time to live.',
  lastActivityAt: 'When somebody used it last.',
  daemonVersion: 'The version of the contract that its toolbox speaks.',
  toolboxProxyUrl: 'Put a slash, the id and a path of the toolbox behind it.',
  isolation: 'How it is kept apart from the machine. An extension.',
  lastStop: 'Why it stopped last; left out until it did. An extension.',
  toolboxNotice: 'What happened to a toolbox that did not answer; left out while nothing did. An extension.',
  diskUsage: 'What it takes of the disk; left out until it was measured. An extension.',
  copy: 'The copy of its home that is being made or put into it; left out while there is none. An extension.',
}

const networkNotes = {
  networkBlockAll: 'True for the policy `none`, false for `internet`.',
  networkAllowList:
    'IPv4 networks such as `203.0.113.0/24`, separated by commas, up to 64: these are reached, and nothing else.',
  networkPolicy:
    '`none`, `internet` (public addresses only; the default) or `all` (whatever the machine reaches). An extension.',
  domainAllowList: 'Refused unless empty: the address behind a name changes and is shared.',
}

export const sandboxSchemas: readonly NamedSchema[] = [
  named('Sandbox', sandboxDtoSchema, 'A sandbox. What is not known is left out.', sandboxNotes),
  named('SandboxListItem', sandboxListItemSchema, 'A sandbox as lists show it: all but its variables.', sandboxNotes),
  named('Isolation', isolationReportSchema, 'How a sandbox is kept apart from its host.', {
    kind: 'What keeps it apart; `none` is an ordinary process of the host.',
    network: 'Whether it has a network of its own, shares the host’s, or has none.',
    networkPolicy: 'What it can reach now, and why that is not what was asked for, if it is not.',
    warnings: 'Plain sentences that a person must see.',
  }),
  named('LastStop', lastStopSchema, 'Why a sandbox stopped: what the engine saw or did.', {
    reason: 'A call of the API, idleness, its time to live, the end of its toolbox, and so on.',
    at: 'When, in ISO 8601.',
    message: 'The same as one sentence.',
  }),
  named('ToolboxNotice', toolboxNoticeSchema, 'What the engine saw and did of a toolbox that did not answer.', {
    kind: '`silent` now, `resumed` after a signal had stopped it, or `restarted`.',
    at: 'When, in ISO 8601.',
    message: 'The same as one sentence.',
  }),
  named('DiskUsage', diskUsageSchema, 'Bytes of blocks on the disk: a hole counts nothing, a hard link once.', {
    homeBytes: 'Of its home.',
    totalBytes: 'With its /tmp and what is recorded of its executions.',
    measuredAt: 'When, in ISO 8601.',
  }),
  named('CopyProgress', copyProgressSchema, 'A copy that is under way.', {
    action: 'A `fork` and a `snapshot` read the home, a `restore` fills it.',
    copiedBytes: 'How far it is.',
    totalBytes: 'About how many bytes there will be; null where that is not known.',
    startedAt: 'When, in ISO 8601.',
  }),
  named(
    'CreateSandbox',
    createSandboxBodySchema,
    'Everything may be left out. What the engine cannot do is refused, not ignored.',
    {
      ...resources,
      ...intervals,
      name: 'Up to 128 letters, digits, dots, hyphens and underscores; the id where it is left out.',
      snapshot: 'Id or name of what it is made from.',
      user: 'Only `daytona` can be had.',
      env: 'Variables of everything that is started in it.',
      labels: 'Free pairs of text.',
      public: 'Show its ports to everybody who reaches the engine.',
      ttlMinutes: 'Minutes from now to its deletion, whatever happens in between; 0 for none.',
      ...networkNotes,
      buildInfo: 'Refused unless empty: images are not built here.',
      volumes: 'Refused unless empty.',
      secrets: 'Refused unless empty; use `env`.',
      gpu: 'Refused unless 0.',
    },
  ),
  named('ResizeSandbox', resizeRequestSchema, 'At least one of the three; what is left out stays.', resources),
  named(
    'NetworkSettings',
    networkSettingsRequestSchema,
    'What it may reach; one of the first three is needed.',
    networkNotes,
  ),
  named('PreviewUrl', previewUrlSchema, 'Where a port of a sandbox is found.', {
    url: 'An address of its own for the port.',
    token: 'Opens all of the sandbox until its next start: give it to nobody.',
  }),
  named('Snapshot', snapshotDtoSchema, 'What sandboxes can be made from: the files of a home.', {
    general: 'True for the one that everybody has.',
    size: 'GiB; null where nobody measured it.',
    lastUsedAt: 'When the youngest sandbox that exists was made from it.',
    sourceSandboxId: 'The sandbox that it was made of.',
  }),
  named('Volume', volumeDtoSchema, 'A volume; this engine has none.'),
  named('WarmPool', warmPoolDtoSchema, 'Toolboxes that wait, so that a new sandbox needs no start.', {
    pool: 'How many are wanted.',
    currentSize: 'How many wait now.',
  }),
]
