/**
 * What a thread does in the kernel, as `/proc/{pid}/task/{tid}/syscall` tells: the number of the call and its arguments.
 * The file may be read by the same user for a process below the toolbox, in a namespace of its own and without; where
 * the system forbids it (Yama's stricter settings) or has no such file, nothing can be said.
 */
import { existsSync } from 'node:fs'
import { readProc } from '../../../linux/process-table'
import { readSystemCall } from '../../../linux/signals'

/** Calls that matter here, each with the meaning of its arguments. */
type CallName = 'read' | 'readv' | 'select' | 'pselect' | 'poll' | 'ppoll' | 'epoll_wait' | 'io_uring'

const numbers: Readonly<Record<string, ReadonlyMap<number, CallName>>> = {
  x64: new Map([
    [0, 'read'],
    [19, 'readv'],
    [23, 'select'],
    [270, 'pselect'],
    [7, 'poll'],
    [271, 'ppoll'],
    [232, 'epoll_wait'],
    [281, 'epoll_wait'],
    [441, 'epoll_wait'],
    [426, 'io_uring'],
  ]),
  arm64: new Map([
    [63, 'read'],
    [65, 'readv'],
    [72, 'pselect'],
    [73, 'ppoll'],
    [22, 'epoll_wait'],
    [441, 'epoll_wait'],
    [426, 'io_uring'],
  ]),
}

export interface SystemCall {
  /** Null for a call that has nothing to do with waiting for input. */
  name: CallName | null
  /** First and second argument. */
  first: number
  second: number
}

const calls = numbers[process.arch]

/** False where this system does not tell what a thread does. */
export function tellsSystemCalls(): boolean {
  return calls !== undefined && existsSync('/proc/1/syscall')
}

/** The call that a thread sleeps in; null where it computes or has ended; undefined where that may not be known. */
export function systemCallOf(pid: number, thread: number): SystemCall | null | undefined {
  const text = readProc(`/proc/${pid}/task/${thread}/syscall`) ?? readSystemCall(pid, thread)
  if (text === undefined) return existsSync(`/proc/${pid}/task/${thread}`) ? undefined : null
  const [number, first, second] = text.split(' ')
  if (!/^\d+$/.test(number ?? '')) return null
  return { name: calls?.get(Number(number)) ?? null, first: Number(first), second: Number(second) }
}
