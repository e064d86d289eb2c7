/**
 * Sending signals to processes of the sandbox, from whichever process may: this one, or the hand inside the isolation,
 * which knows them by the numbers that /proc shows here. A pid of the sandbox is never signalled from outside its PID
 * namespace, where the number belongs to somebody else.
 */
import { constants } from 'node:os'

/** For each pid whether it got the signal. */
type SendSignal = (pids: readonly number[], signal: number) => boolean[]

interface Authority {
  send: SendSignal
  /** What must be left alone: this process, or the hand's supervisors. */
  isOwn(pid: number): boolean
  /** Where orphans end up, besides PID 1. */
  reapers(): Iterable<number>
  systemCall(pid: number, thread: number): string | undefined
  endChildren(supervisor: number): EndChildrenResult
}

/** `unsupported`: nothing here can end them faster than they multiply, or the kernel does not list children. */
export type EndChildrenResult = 'none left' | 'some left' | 'unsupported'

const local: Authority = {
  send: (pids, signal) => pids.map((pid) => kill(pid, signal)),
  isOwn: (pid) => pid === process.pid,
  reapers: () => [process.ppid],
  systemCall: () => undefined,
  endChildren: () => 'unsupported',
}

let authority = local

/** What starts and signals the processes of a sandbox from inside its PID namespace. */
interface InsideProcesses {
  /** Pids of the supervisors above each start. */
  readonly supervisors: ReadonlySet<number>
  signal: SendSignal
  systemCall(pid: number, thread: number): string | undefined
  endChildren(supervisor: number): EndChildrenResult
}

/** From now on the processes of this toolbox's sandbox are those that the hand knows. */
export function signalThroughHand(hand: InsideProcesses): void {
  authority = {
    send: (pids, signal) => hand.signal(pids, signal),
    isOwn: (pid) => hand.supervisors.has(pid),
    reapers: () => hand.supervisors,
    systemCall: (pid, thread) => hand.systemCall(pid, thread),
    endChildren: (supervisor) => hand.endChildren(supervisor),
  }
}

/** True for what a sandbox's processes need to run and nobody may end: the init, the supervisors, this process. */
export function isOwnProcess(pid: number): boolean {
  return pid === 1 || authority.isOwn(pid)
}

/** Parents that orphans get. */
export function orphanParents(): Iterable<number> {
  return authority.reapers()
}

/** The text of a thread's `syscall` file as an ancestor may read it. */
export function systemCallText(pid: number, thread: number): string | undefined {
  return authority.systemCall(pid, thread)
}

/** Kill what is below a supervisor of the hand, for at most 20 ms. */
export function endChildren(supervisor: number): EndChildrenResult {
  return authority.endChildren(supervisor)
}

/**
 * Send one signal to processes.
 * @param signal a name, or the number of a real-time signal
 * @returns for each pid whether it got the signal
 */
export function sendSignal(pids: readonly number[], signal: NodeJS.Signals | number): boolean[] {
  if (pids.length === 0) return []
  return authority.send(pids, typeof signal === 'number' ? signal : constants.signals[signal])
}

function kill(pid: number, signal: number): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
    return false
  }
}
