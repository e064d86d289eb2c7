/** Detects from outside whether a process waits for input. */
import { readdirSync } from 'node:fs'
import { type ProcessEntry, readProc } from '../../../linux/process-table'
import type { InputChannel } from './input-channel'
import { readCurrentCall } from './system-call'

/**
 * `reads`: a thread is blocked in a read of the channel. `unknown`: it waits for several things that may include the
 * channel (an event loop), or it cannot be inspected.
 */
export type ReadState = 'reads' | 'no' | 'unknown'

/** Only the first threads of a program are inspected. */
const maxThreads = 64

/** A thread that reads the channel. */
export interface Reader {
  process: ProcessEntry
  thread: number
}

/** The first process that reads the channel; `unknown` if one of them might. */
export function findReader(processes: readonly ProcessEntry[], channel: InputChannel): Reader | 'no' | 'unknown' {
  let result: 'no' | 'unknown' = 'no'
  for (const process of processes) {
    for (const thread of threadsOf(process, channel)) {
      const found = readsChannel({ process, thread }, channel)
      if (found === 'reads') return { process, thread }
      if (found === 'unknown') result = 'unknown'
    }
  }
  return result
}

export function readsChannel({ process, thread }: Reader, channel: InputChannel): ReadState {
  const call = readCurrentCall(process.pid, thread)
  if (call === undefined) return 'unknown'
  switch (call?.name) {
    case 'read':
    case 'readv':
      return channel.isOpenAs(process, call.first) ? 'reads' : 'no'
    case 'select':
    case 'pselect':
      // A select on one descriptor is a select on descriptor 0: a shell's prompt waits like this.
      if (call.first === 0 || !channel.isOpenAs(process, 0)) return 'no'
      return call.first === 1 ? 'reads' : 'unknown'
    case 'poll':
    case 'ppoll':
      return call.second > 0 && channel.isOpenAs(process, 0) ? 'unknown' : 'no'
    case 'epoll_wait':
      return channel.isOpenAs(process, 0) && mayListen(process.pid, call.first, channel) ? 'unknown' : 'no'
    case 'io_uring':
      return channel.isOpenAs(process, 0) ? 'unknown' : 'no'
    default:
      return 'no'
  }
}

/** All threads of a process that has the channel as its standard input, otherwise only the first thread. */
function threadsOf(process: ProcessEntry, channel: InputChannel): number[] {
  if (!channel.isOpenAs(process, 0)) return [process.pid]
  try {
    return readdirSync(`/proc/${process.pid}/task`).slice(0, maxThreads).map(Number)
  } catch {
    return []
  }
}

/** False if the event queue certainly does not contain the channel. */
function mayListen(pid: number, queue: number, channel: InputChannel): boolean {
  const text = channel.inode === null ? undefined : readProc(`/proc/${pid}/fdinfo/${queue}`)
  if (text === undefined || channel.inode === null) return true
  return new RegExp(`\\bino:${channel.inode.toString(16)}\\b`).test(text)
}
