import type { SessionSummary } from '@/lib/process-api/process'

/** Newest first, system sessions last; by name when times are unknown. */
export function sortSessions(sessions: readonly SessionSummary[]): SessionSummary[] {
  return [...sessions].sort(
    (a, b) =>
      Number(a.system) - Number(b.system) ||
      (b.createdAt ?? '').localeCompare(a.createdAt ?? '') ||
      a.sessionId.localeCompare(b.sessionId),
  )
}
