/** How the stream of a log is put into words. The command's own verdict is another chip and never depends on it. */
import type { StateDisplay } from '@/components/ui/state-display'
import type { Connection } from '@/lib/live/client/connection'
import type { ReaderView } from './journal-reader'

export interface StreamTrouble {
  /** Why nothing new can be shown: a plain clause. */
  word: string
  /** When it is tried again, ms since epoch; null: right now, or not at all. */
  retryAt: number | null
  /** Where "retry" makes sense: at the console's connection, or nowhere. */
  canRetry: boolean
}

/** Everything that a finished journal has is on the screen, so a broken connection is none of its business. */
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
        word: view.awayMessage?.replace(/\.$/, '') ?? 'the engine is not responding',
        retryAt: view.awayUntil,
        canRetry: false,
      }
    default:
      return connection.phase satisfies never
  }
}

/** The chip of the stream beside the command's: live while it flows, nothing once all is read. */
export function streamDisplay(view: ReaderView, trouble: StreamTrouble | null, running: boolean): StateDisplay | null {
  if (trouble) return { glyph: 'disconnected', tone: 'off', word: 'reconnecting' }
  if (view.phase === 'opening') return { glyph: 'starting', tone: 'off', word: 'opening' }
  if (running && view.phase === 'open') return { glyph: 'running', tone: 'run', word: 'live' }
  return null
}
