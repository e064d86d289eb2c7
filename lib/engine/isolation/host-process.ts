/** Processes of the host that the engine did not necessarily start: named for good, watched, killed. */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { readProcess } from '../linux/process-table'

/** A pid alone names a process only until it is given to another one; with its start time it does for good. */
export const hostProcessSchema = z.object({ pid: z.number().int().positive(), startTicks: z.number() })
export type HostProcess = z.infer<typeof hostProcessSchema>

const pollMs = 5

/** Name a live process, or null where there is none. */
export function identify(pid: number): HostProcess | null {
  const entry = readProcess(pid)
  return entry ? { pid, startTicks: entry.startTicks } : null
}

export function isRunning(process: HostProcess): boolean {
  return readProcess(process.pid)?.startTicks === process.startTicks
}

/** Send a signal to the very process; false when it is gone. */
export function signalProcess(target: HostProcess, signal: NodeJS.Signals): boolean {
  if (!isRunning(target)) return false
  try {
    process.kill(target.pid, signal)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

/** Resolves with true once none of them runs, with false after `limitMs`. */
export async function goneWithin(processes: readonly HostProcess[], limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs
  let left = processes.filter(isRunning)
  while (left.length > 0) {
    if (performance.now() > deadline) return false
    await sleep(pollMs)
    left = left.filter(isRunning)
  }
  return true
}
