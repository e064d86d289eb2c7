/** Whether the code has ever started another program, whose output this process does not see. */
import childProcess, { ChildProcess } from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'

let hasStartedChildren = false

export function haveChildrenStarted(): boolean {
  return hasStartedChildren
}

/** All asynchronous starts use one method; the three synchronous functions do not. */
export function watchForChildren(): void {
  watchFunction(ChildProcess.prototype as unknown as Functions, 'spawn')
  for (const name of ['spawnSync', 'execSync', 'execFileSync'])
    watchFunction(childProcess as unknown as Functions, name)
  syncBuiltinESMExports()
}

type Functions = Record<string, (...parameters: unknown[]) => unknown>

function watchFunction(owner: Functions, name: string): void {
  const plain = owner[name]
  if (!plain) return
  const noted = function (this: unknown, ...parameters: unknown[]) {
    hasStartedChildren = true
    return plain.apply(this, parameters)
  }
  owner[name] = Object.defineProperties(noted, Object.getOwnPropertyDescriptors(plain)) as typeof noted
}
