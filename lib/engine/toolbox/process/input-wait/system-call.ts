/**
 * Reads the system call of a thread from `/proc/{pid}/task/{tid}/syscall`: its number and arguments. The same user can
 * read the file for descendants of the toolbox, with or without a PID namespace. If the system forbids it (Yama's
 * stricter settings) or has no such file, nothing is known.
 */
import { existsSync } from 'node:fs'
import { readProc } from '../../../linux/process-table'
import { readSystemCall } from '../../../linux/signals'

/** System calls that can wait for input. */
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
  /** Null for a call that cannot wait for input. */
  name: CallName | null
  /** First and second argument. */
  first: number
  second: number
}

const calls = numbers[process.arch]

/** False if this system does not show the system calls of threads. */
export function canReadSystemCalls(): boolean {
  return calls !== undefined && existsSync('/proc/1/syscall')
}

/** The call in which a thread is blocked; null if it is running or has exited; undefined if that is unreadable. */
export function readCurrentCall(pid: number, thread: number): SystemCall | null | undefined {
  const text = readProc(`/proc/${pid}/task/${thread}/syscall`) ?? readSystemCall(pid, thread)
  if (text === undefined) return existsSync(`/proc/${pid}/task/${thread}`) ? undefined : null
  const [number, first, second] = text.split(' ')
  if (!/^\d+$/.test(number ?? '')) return null
  return { name: calls?.get(Number(number)) ?? null, first: Number(first), second: Number(second) }
}
