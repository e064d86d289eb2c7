/** Which panes are on the wall because of a rule: sessions join when they run something, and leave a while after it ended. */
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { matchesName } from './name-pattern'
import { type PaneRef, paneKey, type WallRule } from './wall-state'

/** A session that matches a rule now. */
export interface RuleMatch {
  ref: PaneRef
  running: boolean
  /** Commands that were sent so far: more of them mean that something ran, however shortly. */
  commandCount: number
}

export interface RuleMember {
  ref: PaneRef
  /** When it was seen to have ended, in ms of a monotonic clock; null while it runs. */
  endedAt: number | null
}

export interface RuleState {
  members: ReadonlyMap<string, RuleMember>
  /** The command counts of all matches that were seen, by pane key. */
  seen: ReadonlyMap<string, number>
}

export const noMembers: RuleState = { members: new Map(), seen: new Map() }

export function matchesSandbox(rule: WallRule, sandbox: Pick<SandboxListItem, 'name' | 'labels'>): boolean {
  return (rule.name === '' || matchesName(rule.name, sandbox.name)) && matchesLabel(rule.label, sandbox.labels)
}

export function matchesSession(rule: WallRule, sessionId: string): boolean {
  return rule.session === '' || matchesName(rule.session, sessionId)
}

function matchesLabel(condition: string, labels: Readonly<Record<string, string>>): boolean {
  if (condition === '') return true
  const at = condition.indexOf('=')
  if (at === -1) return Object.hasOwn(labels, condition)
  const value = labels[condition.slice(0, at)]
  return value !== undefined && matchesName(condition.slice(at + 1), value)
}

/**
 * The members after a change. The same object if nothing has changed.
 * @param leaveMs how long an ended pane stays; null for always
 */
export function updateMembers(
  before: RuleState,
  matches: readonly RuleMatch[],
  now: number,
  leaveMs: number | null,
): RuleState {
  const byKey = new Map(matches.map((match) => [paneKey(match.ref), match]))
  const members = new Map<string, RuleMember>()
  const seen = new Map(before.seen)
  for (const [key, member] of before.members) {
    const endedAt = endedAtOf(before, key, member, byKey.get(key), now)
    const hasLeft = endedAt !== null && leaveMs !== null && now - endedAt >= leaveMs
    if (!hasLeft) members.set(key, endedAt === member.endedAt ? member : { ...member, endedAt })
  }
  for (const [key, match] of byKey) {
    const joins = !before.members.has(key) && (match.running || hasNewCommand(before, key, match))
    if (joins) members.set(key, { ref: match.ref, endedAt: match.running ? null : now })
    seen.set(key, match.commandCount)
  }
  return isSame(before.members, members) && isSame(before.seen, seen) ? before : { members, seen }
}

/** A command that ran between two updates counts as ended now. */
function endedAtOf(
  before: RuleState,
  key: string,
  member: RuleMember,
  match: RuleMatch | undefined,
  now: number,
): number | null {
  if (match?.running) return null
  return hasNewCommand(before, key, match) ? now : (member.endedAt ?? now)
}

/** When the next member leaves, in ms of the same clock; null if none will. */
export function nextLeave(state: RuleState, leaveMs: number | null): number | null {
  if (leaveMs === null) return null
  const ends = [...state.members.values()].flatMap(({ endedAt }) => endedAt ?? [])
  return ends.length === 0 ? null : Math.min(...ends) + leaveMs
}

function hasNewCommand({ seen }: RuleState, key: string, match: RuleMatch | undefined): boolean {
  const before = seen.get(key)
  return match !== undefined && before !== undefined && match.commandCount > before
}

function isSame<Value>(one: ReadonlyMap<string, Value>, other: ReadonlyMap<string, Value>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value)
}
