/** The state of a process according to the host's kernel, independent of the process itself. */
import { readProc } from '../linux/process-table'
import { type HostProcess, isRunning, signalProcess } from './host-process'

/** `stopped`: by a signal. `traced`: by a debugger. `working`: computing or waiting for a disk. `waiting`: for anything else. */
export type ProcessState = 'stopped' | 'traced' | 'working' | 'waiting' | 'exited'

export interface ProcessSigns {
  readonly state: ProcessState
  /** Processor time of the main thread so far, in clock ticks. */
  readonly cpuTicks: number
}

/** Read the state of the main thread: other threads may run while nothing responds. */
export function signsOf(target: HostProcess): ProcessSigns {
  const text = isRunning(target) ? readProc(`/proc/${target.pid}/task/${target.pid}/stat`) : undefined
  if (text === undefined) return { state: 'exited', cpuTicks: 0 }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: stateOf(fields[0] ?? ''), cpuTicks: Number(fields[11]) + Number(fields[12]) }
}

/** Processes that the engine has frozen. */
const frozen = new Set<string>()

/** Mark a process as frozen by the engine: nothing else may resume it, and it need not respond. */
export function markFrozen({ pid, startTicks }: HostProcess): void {
  frozen.add(`${pid}:${startTicks}`)
}

/** Undo `markFrozen`. */
export function unmarkFrozen({ pid, startTicks }: HostProcess): void {
  frozen.delete(`${pid}:${startTicks}`)
}

/** Whether the engine has frozen this process. */
export function isFrozen({ pid, startTicks }: HostProcess): boolean {
  return frozen.has(`${pid}:${startTicks}`)
}

/** Resume the processes that a signal has stopped; returns those. */
export function resumeStopped(processes: readonly HostProcess[]): HostProcess[] {
  const stopped = processes.filter((each) => !isFrozen(each) && signsOf(each).state === 'stopped')
  return stopped.filter((each) => signalProcess(each, 'SIGCONT'))
}

function stateOf(letter: string): ProcessState {
  if (letter === 'T') return 'stopped'
  if (letter === 't') return 'traced'
  return letter === 'R' || letter === 'D' ? 'working' : 'waiting'
}
