/** A sandbox on the wire (process API 3.2, 5.7). */

import { contractVersion } from '@/lib/process-api/engine-info'
import type {
  CopyProgress,
  DiskUsage,
  IsolationReport,
  SandboxDto,
  SandboxListItem,
  SandboxState,
  ToolboxNotice,
} from '@/lib/process-api/sandbox'
import { isRecoverable, localClass, localTarget, organizationId, type SandboxRecord } from './sandbox-record'

/** Current state that is not persisted. */
export interface LiveStatus {
  state: SandboxState
  errorReason: string | null
  isolation: IsolationReport
  toolboxNotice: ToolboxNotice | null
  diskUsage: DiskUsage | null
  copy: CopyProgress | null
}

export function toDto(record: SandboxRecord, status: LiveStatus, toolboxProxyUrl: string): SandboxDto {
  return { ...toListItem(record, status, toolboxProxyUrl), env: record.env }
}

/** A list item is the DTO without `env`; clients use that to distinguish the two. */
export function toListItem(record: SandboxRecord, status: LiveStatus, toolboxProxyUrl: string): SandboxListItem {
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
    // Python clients of version 0.226 reject a sandbox without this field.
    kvm: false,
    target: localTarget,
    cpu: record.cpu,
    gpu: 0,
    memory: record.memory,
    disk: record.disk,
    state: status.state,
    desiredState: record.desired === 'stopped' && record.archive !== null ? 'archived' : record.desired,
    ...(status.errorReason === null ? {} : { errorReason: status.errorReason }),
    recoverable: isRecoverable(status.state),
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
    isolation: status.isolation,
    ...(record.lastStop === null ? {} : { lastStop: record.lastStop }),
    ...(status.toolboxNotice === null ? {} : { toolboxNotice: status.toolboxNotice }),
    ...(status.diskUsage === null ? {} : { diskUsage: status.diskUsage }),
    ...(status.copy === null ? {} : { copy: status.copy }),
  }
}

/** Fields added after 0.190, and our own: clients that fail on unknown fields must not receive them. */
const laterFields = new Set([
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
/** Fields that the DTO of 0.190 has but its list item does not. */
const laterListFields = new Set([...laterFields, 'networkBlockAll', 'networkAllowList'])

/** A DTO or list item for clients of 0.190. */
export function withoutLaterFields<Wire extends SandboxListItem>(sandbox: Wire): Partial<Wire> {
  const withheld = 'env' in sandbox ? laterFields : laterListFields
  return Object.fromEntries(Object.entries(sandbox).filter(([name]) => !withheld.has(name))) as Partial<Wire>
}
