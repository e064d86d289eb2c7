/** Display of the live connection. It never says anything about a command. */
import type { StateDisplay } from '@/components/ui/state-display'
import type { Connection } from '@/lib/live/client/connection'

/** Whole seconds until the next retry, at least 1; null when no retry is scheduled. */
export function secondsToRetry(connection: Connection, now: number | null): number | null {
  if (connection.retryAt === null || now === null) return null
  return Math.max(1, Math.ceil((connection.retryAt - now) / 1000))
}

/** Glyph, tone and word of the connection. */
export function connectionDisplay(connection: Connection, now: number | null): StateDisplay {
  switch (connection.phase) {
    case 'connecting':
      return { glyph: 'starting', tone: 'run', word: 'connecting' }
    case 'live':
      return { glyph: 'running', tone: 'ok', word: 'connected' }
    case 'signed-out':
      return { glyph: 'disconnected', tone: 'off', word: 'signed out' }
    case 'waiting': {
      if (connection.offline)
        return { glyph: 'disconnected', tone: 'off', word: `offline since ${clock(connection.since)}` }
      const seconds = secondsToRetry(connection, now)
      return {
        glyph: 'disconnected',
        tone: 'off',
        word: seconds === null ? 'reconnecting' : `reconnecting in ${seconds} s`,
      }
    }
    default:
      return connection.phase satisfies never
  }
}

/** `14:02:11` in the user's timezone. */
export function clock(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8)
}

/** A round trip: `3 ms`, or `0.4 ms` below one millisecond. */
export function formatLatency(ms: number): string {
  return `${ms < 1 ? ms.toFixed(1) : Math.round(ms)} ms`
}
