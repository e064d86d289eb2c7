/** The process's PlainRuns: created by server.ts and used by pages and actions, which do not share modules with it. */
import type { PlainRuns } from './plain-runs'

const key = Symbol.for('sandglass.plain-runs')

export function sharePlainRuns(runs: PlainRuns): void {
  Object.assign(globalThis, { [key]: runs })
}

/** Its methods return values instead of throwing our errors: error classes differ between the two bundles. */
export function plainRuns(): PlainRuns {
  const shared: unknown = Reflect.get(globalThis, key)
  if (shared === undefined) throw new Error('The server has not created its PlainRuns yet')
  return shared as PlainRuns
}
