/** Whether a process waits for input, as far as that can be known from outside. */
import { readdirSync } from 'node:fs'
import { type ProcessEntry, readProc } from '../../../linux/process-table'
import type { InputChannel } from './input-channel'
import { systemCallOf } from './system-call'

/**
 * `reads`: a thread sleeps in a read of the channel and nothing else can wake it. `unknown`: it waits for several things
 * of which the channel may be one (an event loop), or may not be looked at.
 */
export type ReadVerdict = 'reads' | 'no' | 'unknown'

/** A program with more threads than this is not looked at to the last one. */
const mostThreads = 64

/** A thread that was found reading. */
export interface Reader {
  process: ProcessEntry
  thread: number
}

/** The first of these processes that reads the channel, or whether one of them may. */
export function findReader(processes: readonly ProcessEntry[], channel: InputChannel): Reader | 'no' | 'unknown' {
  let verdict: 'no' | 'unknown' = 'no'
  for (const process of processes) {
    for (const thread of threadsOf(process, channel)) {
      const found = readsChannel({ process, thread }, channel)
      if (found === 'reads') return { process, thread }
      if (found === 'unknown') verdict = 'unknown'
    }
  }
  return verdict
}

export function readsChannel({ process, thread }: Reader, channel: InputChannel): ReadVerdict {
  const call = systemCallOf(process.pid, thread)
  if (call === undefined) return 'unknown'
  switch (call?.name) {
    case 'read':
    case 'readv':
      return channel.isBehind(process, call.first) ? 'reads' : 'no'
    case 'select':
    case 'pselect':
      // Of one descriptor: that is number 0. A shell's prompt waits so.
      if (call.first === 0 || !channel.isBehind(process, 0)) return 'no'
      return call.first === 1 ? 'reads' : 'unknown'
    case 'poll':
    case 'ppoll':
      return call.second > 0 && channel.isBehind(process, 0) ? 'unknown' : 'no'
    case 'epoll_wait':
      return channel.isBehind(process, 0) && mayListen(process.pid, call.first, channel) ? 'unknown' : 'no'
    case 'io_uring':
      return channel.isBehind(process, 0) ? 'unknown' : 'no'
    default:
      return 'no'
  }
}

/** All threads of a process that has the channel as its standard input, otherwise the first one alone. */
function threadsOf(process: ProcessEntry, channel: InputChannel): number[] {
  if (!channel.isBehind(process, 0)) return [process.pid]
  try {
    return readdirSync(`/proc/${process.pid}/task`).slice(0, mostThreads).map(Number)
  } catch {
    return []
  }
}

/** False when the event queue is known not to hold the channel: the program never began to listen. */
function mayListen(pid: number, queue: number, channel: InputChannel): boolean {
  const text = channel.inode === null ? undefined : readProc(`/proc/${pid}/fdinfo/${queue}`)
  if (text === undefined || channel.inode === null) return true
  return new RegExp(`\\bino:${channel.inode.toString(16)}\\b`).test(text)
}
