/**
 * `setImmediate` for the code. Node loses its list of immediates where the execution of one is ended, so each callback
 * of the code runs inside an evaluation of V8's inspector, which stays consistent when an execution is ended.
 */
import type { Session } from 'node:inspector'
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers'
import { helper } from './script'

type Callback = (...parameters: unknown[]) => void

/** The function that `helper.callback()` calls. */
let call: () => void = () => {}

export function callback(): void {
  call()
}

export function replaceSetImmediate(session: Session): void {
  const { setImmediate: plain } = timers
  const within = (work: Callback, parameters: unknown[]) => {
    const failures: unknown[] = []
    call = () => {
      try {
        work(...parameters)
      } catch (error) {
        failures.push(error)
      }
    }
    session.post('Runtime.evaluate', { expression: `${helper}.callback()` })
    if (failures.length > 0) throw failures[0]
  }
  const replacement = (work: Callback, ...parameters: unknown[]) =>
    typeof work === 'function' ? plain(within, work, parameters) : plain(work)
  const properties = Object.getOwnPropertyDescriptors(plain)
  globalThis.setImmediate = Object.defineProperties(replacement, properties) as typeof setImmediate
  timers.setImmediate = globalThis.setImmediate
  syncBuiltinESMExports()
}
