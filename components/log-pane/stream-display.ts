/** How the stream of a log is displayed. The state of the command has a separate chip that does not depend on it. */
import type { StateDisplay } from '@/components/ui/state-display'
import type { Connection } from '@/lib/live/client/connection'
import type { ReaderView } from './reader-view'

export interface StreamTrouble {
  /** Why the log does not grow, as a clause. */
  word: string
  /** The time of the next attempt, ms since epoch; null for an attempt in progress, or for none. */
  retryAt: number | null
  /** Whether the user can retry, which is possible for the connection to the console. */
  canRetry: boolean
}

/** A finished journal that is completely loaded does not need its connection any more. */
function isComplete(view: ReaderView): boolean {
  return view.over && view.laterBytes === 0
}

/** What is wrong with the stream, or null. */
export function streamTrouble(view: ReaderView, connection: Connection): StreamTrouble | null {
  if (isComplete(view)) return null
  switch (connection.phase) {
    case 'waiting':
      return {
        word: connection.offline ? 'this device is offline' : 'reconnecting',
        retryAt: connection.retryAt,
        canRetry: true,
      }
    case 'signed-out':
      return { word: 'signed out', retryAt: null, canRetry: false }
    case 'connecting':
    case 'live':
      if (view.awayUntil === null) return null
      return {
        word: view.awayMessage?.replace(/\.$/, '') ?? 'the target is not responding',
        retryAt: view.awayUntil,
        canRetry: false,
      }
    default:
      return connection.phase satisfies never
  }
}

/** The chip of the stream: live while the command runs, none once everything is loaded. */
export function streamDisplay(view: ReaderView, trouble: StreamTrouble | null, running: boolean): StateDisplay | null {
  if (trouble) return { glyph: 'disconnected', tone: 'off', word: 'reconnecting' }
  if (view.phase === 'opening') return { glyph: 'starting', tone: 'off', word: 'opening' }
  if (running && view.phase === 'open') return { glyph: 'running', tone: 'run', word: 'live' }
  return null
}
