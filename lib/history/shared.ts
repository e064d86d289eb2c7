/** The process's history: created by server.ts and used by pages and actions, which do not share modules with it. */
import type { HistoryService } from './history-service'

const key = Symbol.for('sandglass.history')

export function shareHistory(history: HistoryService): void {
  Object.assign(globalThis, { [key]: history })
}

/** Its methods return values instead of throwing errors of the database: error classes differ between the two bundles. */
export function history(): HistoryService {
  const shared: unknown = Reflect.get(globalThis, key)
  if (shared === undefined) throw new Error('The server has not created its history yet')
  return shared as HistoryService
}
