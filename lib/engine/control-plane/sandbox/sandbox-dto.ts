/** How a sandbox looks on the wire (process API 3.2, 5.7). */
import type {
  CopyProgress,
  DiskUsage,
  IsolationReport,
  SandboxDto,
  SandboxListItem,
  SandboxState,
  ToolboxNotice,
} from '@/lib/process-api/sandbox'
import { contractVersion } from '../../toolbox/routes/info'
import { isRecoverable, localClass, localTarget, organizationId, type SandboxRecord } from './sandbox-record'

/** What is true now and not kept. */
export interface SandboxNow {
  state: SandboxState
  errorReason: string | null
  isolation: IsolationReport
  toolboxNotice: ToolboxNotice | null
  diskUsage: DiskUsage | null
  copy: CopyProgress | null
}

export function toDto(record: SandboxRecord, now: SandboxNow, toolboxProxyUrl: string): SandboxDto {
  return { ...toListItem(record, now, toolboxProxyUrl), env: record.env }
}

/** A list item is the DTO without `env`: that is how clients tell the two apart. */
export function toListItem(record: SandboxRecord, now: SandboxNow, toolboxProxyUrl: string): SandboxListItem {
  return {
    id: record.id,
    organizationId,
    name: record.name,
    snapshot: record.snapshot,
    user: 'daytona',
    labels: record.labels,
    public: record.public,
    networkBlockAll: record.network.kind === 'none',
    ...(record.network.kind === 'allow-list' ? { networkAllowList: record.network.allowList.join(',') } : {}),
    networkPolicy: record.network.kind,
    // Python clients of 0.226 refuse a sandbox without it.
    kvm: false,
    target: localTarget,
    cpu: record.cpu,
    gpu: 0,
    memory: record.memory,
    disk: record.disk,
    state: now.state,
    desiredState: record.desired,
    ...(now.errorReason === null ? {} : { errorReason: now.errorReason }),
    recoverable: isRecoverable(now.state),
    backupState: 'None',
    autoStopInterval: record.autoStopInterval,
    autoPauseInterval: 0,
    autoArchiveInterval: record.autoArchiveInterval,
    autoDeleteInterval: record.autoDeleteInterval,
    ...(record.autoDestroyAt === null ? {} : { autoDestroyAt: record.autoDestroyAt }),
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
    lastActivityAt: record.lastActivityAt,
    sandboxClass: localClass,
    daemonVersion: contractVersion,
    toolboxProxyUrl,
    isolation: now.isolation,
    ...(record.lastStop === null ? {} : { lastStop: record.lastStop }),
    ...(now.toolboxNotice === null ? {} : { toolboxNotice: now.toolboxNotice }),
    ...(now.diskUsage === null ? {} : { diskUsage: now.diskUsage }),
    ...(now.copy === null ? {} : { copy: now.copy }),
  }
}

/** Fields that came after 0.190, and our own: a client that fails on unknown fields must not see them. */
const later = new Set([
  'kvm',
  'autoPauseInterval',
  'autoDestroyAt',
  'isolation',
  'networkPolicy',
  'lastStop',
  'toolboxNotice',
  'diskUsage',
  'copy',
])
/** The list had it later than the DTO. */
const laterInList = new Set([...later, 'networkBlockAll', 'networkAllowList'])

/** A DTO or list item as clients of 0.190 know it. */
export function withoutLaterFields<Wire extends SandboxListItem>(sandbox: Wire): Partial<Wire> {
  const withheld = 'env' in sandbox ? later : laterInList
  return Object.fromEntries(Object.entries(sandbox).filter(([name]) => !withheld.has(name))) as Partial<Wire>
}
