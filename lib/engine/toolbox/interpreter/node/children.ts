/** Whether the code has ever started another program, which may print without this one's knowing. */
import childProcess, { ChildProcess } from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'

let haveRun = false

export function haveChildrenRun(): boolean {
  return haveRun
}

/** Every asynchronous start goes through one method; the three that wait for their child do not. */
export function watchForChildren(): void {
  note(ChildProcess.prototype as unknown as Functions, 'spawn')
  for (const name of ['spawnSync', 'execSync', 'execFileSync']) note(childProcess as unknown as Functions, name)
  syncBuiltinESMExports()
}

type Functions = Record<string, (...parameters: unknown[]) => unknown>

function note(owner: Functions, name: string): void {
  const plain = owner[name]
  if (!plain) return
  const noted = function (this: unknown, ...parameters: unknown[]) {
    haveRun = true
    return plain.apply(this, parameters)
  }
  owner[name] = Object.defineProperties(noted, Object.getOwnPropertyDescriptors(plain)) as typeof noted
}
