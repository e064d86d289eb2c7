/** Entries of the audit log, as the server returns them and pages show them. */

/**
 * Who acted. `link`: the owner by a sign-in link. `person`: an account. `token`: a personal API token. `share`: a viewer
 * of a share link. `key`: an SDK with the API key. `system`: Sandglass itself.
 */
export const auditActorKinds = ['link', 'person', 'token', 'share', 'key', 'system'] as const
export type AuditActorKind = (typeof auditActorKinds)[number]

export interface AuditActor {
  kind: AuditActorKind
  /** Stable for one person, token or link; empty for `link` and `system`. */
  id: string
  /** As it was at the time of the action. */
  name: string
  role: string
}

/** What was done, before the log numbers it. */
export interface AuditRecord {
  actor: AuditActor
  /** Of the client, as trusted proxies report it; empty if unknown. */
  address: string
  /** `change`: something may be different afterwards. `read`: content was returned. */
  kind: 'change' | 'read'
  /** Name of the operation, such as `run.start`. */
  action: string
  /** Empty where an action concerns no target or no sandbox. */
  target: string
  sandboxId: string
  /** Ids, paths, and what the settings store of code. */
  subject: Readonly<Record<string, unknown>>
  /** `ok` or the code of the error. */
  result: string
  durationMs: number
}

export interface AuditEntry extends AuditRecord {
  /** 1, 2, 3, … without gaps. */
  seq: number
  /** Milliseconds since 1970. */
  at: number
  /** SHA-256 in hex over the entry before and this one. */
  hash: string
}

export interface AuditPage {
  /** Newest first. */
  entries: readonly AuditEntry[]
  /** `seq` before which the next page starts; null on the last page. */
  next: number | null
}

/** All given fields must match. */
export interface AuditFilter {
  /** Parts of names, actions, sandbox ids and subjects; all must occur. */
  words: readonly string[]
  actorId?: string
  /** Part of the name, in any case. */
  person?: string
  sandboxId?: string
  /** Entries of this target, and those that concern no target. */
  target?: string
  action?: string
  kind?: 'change' | 'read'
  /** Only what failed or was refused. */
  failed?: boolean
  /** Milliseconds since 1970. */
  since?: number
  until?: number
}

export const auditPageSize = 100
