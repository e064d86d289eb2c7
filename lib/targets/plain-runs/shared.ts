/** One keeper of plain runs a process: made by server.ts, found by pages and actions, which share no modules with it. */
import type { PlainRuns } from './plain-runs'

const key = Symbol.for('sandglass.plain-runs')

export function sharePlainRuns(runs: PlainRuns): void {
  Object.assign(globalThis, { [key]: runs })
}

/** Its methods give values and throw nothing of ours: an error class of the other bundle would not be known here. */
export function plainRuns(): PlainRuns {
  const shared: unknown = Reflect.get(globalThis, key)
  if (shared === undefined) throw new Error('the server has not made the keeper of plain runs yet')
  return shared as PlainRuns
}
