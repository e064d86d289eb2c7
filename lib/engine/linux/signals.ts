/**
 * Sends signals to processes of the sandbox: from this process, or through the hand inside the isolation, which uses the
 * same pids as the /proc seen here. A pid of the sandbox is never signalled from outside its PID namespace, where the
 * number belongs to another process.
 */
import { constants } from 'node:os'

/** Returns for each pid whether it received the signal. */
type SendSignal = (pids: readonly number[], signal: number) => boolean[]

interface SignalBackend {
  send: SendSignal
  /** Processes that must not be ended: this one, or the hand's supervisors. */
  isProtected(pid: number): boolean
  /** Processes that adopt orphans, besides PID 1. */
  reapers(): Iterable<number>
  systemCall(pid: number, thread: number): string | undefined
  endChildren(supervisor: number): EndChildrenResult
}

/** `unsupported`: nothing here can end them faster than they multiply, or the kernel does not list children. */
export type EndChildrenResult = 'none left' | 'some left' | 'unsupported'

const localBackend: SignalBackend = {
  send: (pids, signal) => pids.map((pid) => kill(pid, signal)),
  isProtected: (pid) => pid === process.pid,
  reapers: () => [process.ppid],
  systemCall: () => undefined,
  endChildren: () => 'unsupported',
}

let backend = localBackend

/** The part of the hand that sends signals inside the sandbox's PID namespace. */
interface HandSignals extends Pick<SignalBackend, 'systemCall' | 'endChildren'> {
  /** Pids of the supervisors above each start. */
  readonly supervisors: ReadonlySet<number>
  signal: SendSignal
}

/** From now on, send all signals through the hand. */
export function signalThroughHand(hand: HandSignals): void {
  backend = {
    send: (pids, signal) => hand.signal(pids, signal),
    isProtected: (pid) => hand.supervisors.has(pid),
    reapers: () => hand.supervisors,
    systemCall: (pid, thread) => hand.systemCall(pid, thread),
    endChildren: (supervisor) => hand.endChildren(supervisor),
  }
}

/** True for processes that the sandbox depends on and nobody may end: its init, the supervisors, this process. */
export function isProtectedProcess(pid: number): boolean {
  return pid === 1 || backend.isProtected(pid)
}

/** Processes that adopt orphans, besides PID 1. */
export function orphanReapers(): Iterable<number> {
  return backend.reapers()
}

/** The text of a thread's `syscall` file, which only an ancestor may read; undefined without the hand. */
export function readSystemCall(pid: number, thread: number): string | undefined {
  return backend.systemCall(pid, thread)
}

/** Kill what is below a supervisor of the hand, for at most 20 ms. */
export function endChildren(supervisor: number): EndChildrenResult {
  return backend.endChildren(supervisor)
}

/**
 * Send a signal to processes.
 * @param signal a name, or the number of a real-time signal
 * @returns for each pid whether it received the signal
 */
export function sendSignal(pids: readonly number[], signal: NodeJS.Signals | number): boolean[] {
  if (pids.length === 0) return []
  return backend.send(pids, typeof signal === 'number' ? signal : constants.signals[signal])
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
