/** What the host's kernel says of a process, whatever the process itself says or cannot say. */
import { readProc } from '../linux/process-table'
import { type HostProcess, isRunning, signalProcess } from './host-process'

/** `stopped`: by a signal. `traced`: held by a debugger. `working`: it computes, or waits for a disk. `waiting`: for anything else. */
export type ProcessState = 'stopped' | 'traced' | 'working' | 'waiting' | 'gone'

export interface ProcessSigns {
  readonly state: ProcessState
  /** Processor time of its main thread so far, in clock ticks. */
  readonly cpuTicks: number
}

/** Look at the main thread of a process: other threads may go on while nothing is answered. */
export function signsOf(target: HostProcess): ProcessSigns {
  const text = isRunning(target) ? readProc(`/proc/${target.pid}/task/${target.pid}/stat`) : undefined
  if (text === undefined) return { state: 'gone', cpuTicks: 0 }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: stateOf(fields[0] ?? ''), cpuTicks: Number(fields[11]) + Number(fields[12]) }
}

/** Those that the engine itself has stopped for a moment. */
const held = new Set<string>()

/** The engine stops this process itself and will resume it: nothing else may, and it need not answer. */
export function keepStopped({ pid, startTicks }: HostProcess): void {
  held.add(`${pid}:${startTicks}`)
}

/** The end of `keepStopped`. */
export function letGo({ pid, startTicks }: HostProcess): void {
  held.delete(`${pid}:${startTicks}`)
}

/** Whether the engine itself has stopped this process. */
export function isHeld({ pid, startTicks }: HostProcess): boolean {
  return held.has(`${pid}:${startTicks}`)
}

/** Let those go on that a signal has stopped; answers which these were. */
export function resumeStopped(processes: readonly HostProcess[]): HostProcess[] {
  const stopped = processes.filter((each) => !isHeld(each) && signsOf(each).state === 'stopped')
  return stopped.filter((each) => signalProcess(each, 'SIGCONT'))
}

function stateOf(letter: string): ProcessState {
  if (letter === 'T') return 'stopped'
  if (letter === 't') return 'traced'
  return letter === 'R' || letter === 'D' ? 'working' : 'waiting'
}
