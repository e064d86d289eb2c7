/** Processes of this machine that are not our children. */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf } from '../errors.mjs'

const pollIntervalMs = 20

/**
 * A pid is reused; with its start time it names one process.
 * @typedef {{pid: number, startTicks: number}} HostProcess
 */

/**
 * @param {number} pid
 * @returns {HostProcess | null} null when there is no such process
 */
export function identify(pid) {
  const startTicks = startTicksOf(pid)
  return startTicks === null ? null : { pid, startTicks }
}

/** @param {HostProcess} target */
export function isRunning({ pid, startTicks }) {
  return startTicksOf(pid) === startTicks
}

/**
 * Send a signal to exactly this process, if it runs.
 * @param {HostProcess} target
 * @param {NodeJS.Signals} signal
 */
export function signalProcess(target, signal) {
  if (!isRunning(target)) return
  try {
    process.kill(target.pid, signal)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

/**
 * Those of these processes that still run after at most `timeoutMs`.
 * @param {HostProcess[]} processes
 * @param {number} timeoutMs
 */
export async function stillRunning(processes, timeoutMs) {
  const deadline = performance.now() + timeoutMs
  let left = processes.filter(isRunning)
  while (left.length > 0 && performance.now() < deadline) {
    await delay(pollIntervalMs)
    left = left.filter(isRunning)
  }
  return left
}

/**
 * Field 22 of stat, behind a name in brackets; null for a process that has exited, also while nobody has waited for it.
 * @param {number} pid
 */
function startTicksOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? null : Number(fields[19])
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(codeOf(error) ?? '')) return null
    throw error
  }
}
