/** Processes of the host, not necessarily children of the engine: identified, watched, killed. */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { readProcess } from '../linux/process-table'

/** A pid can be reused; together with the start time it identifies a process permanently. */
export const hostProcessSchema = z.object({ pid: z.number().int().positive(), startTicks: z.number() })
export type HostProcess = z.infer<typeof hostProcessSchema>

const pollIntervalMs = 5

/** Identify a running process; null when there is none. */
export function identify(pid: number): HostProcess | null {
  const entry = readProcess(pid)
  return entry ? { pid, startTicks: entry.startTicks } : null
}

export function isRunning(process: HostProcess): boolean {
  return readProcess(process.pid)?.startTicks === process.startTicks
}

/** Send a signal to exactly this process; false when it has exited. */
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

/** Resolves with true once all of them have exited, or with false after `limitMs`. */
export async function exitedWithin(processes: readonly HostProcess[], limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs
  let left = processes.filter(isRunning)
  while (left.length > 0) {
    if (performance.now() > deadline) return false
    await sleep(pollIntervalMs)
    left = left.filter(isRunning)
  }
  return true
}
