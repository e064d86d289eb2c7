/** Sends a user's signal to one process of the sandbox, or to its whole tree. */
import { ApiError } from '@/lib/process-api/errors'
import type { ProcessSignal, ProcessSignalResponse } from '@/lib/process-api/process-tree'
import { type FindMembers, killMembers } from '../../linux/kill-tree'
import type { ProcessEntry } from '../../linux/process-table'
import { membersOf, signalAll } from '../../linux/process-tree'
import type { ProcessView, ViewedProcess } from './process-view'
import type { SentSignals } from './sent-signals'

export interface SignalRequest {
  pid: number
  startTicks: number
  signal: ProcessSignal
  tree: boolean
}

/** Throws an `ApiError` if the process does not exist or may not be signalled. No signal was sent then. */
export async function signalProcess(
  view: ProcessView,
  sentSignals: SentSignals,
  { pid, startTicks, signal, tree }: SignalRequest,
): Promise<ProcessSignalResponse> {
  const all = view.all()
  const { entry } = signallable(all, pid, startTicks)
  const systemPids = new Set(all.filter(({ owner }) => owner?.kind === 'system').map((it) => it.entry.pid))
  const inSandbox = new Map(all.map((it) => [it.entry.pid, it]))
  const find: FindMembers = (snapshot, known) =>
    tree ? membersOf({ leaders: [entry], except: systemPids }, snapshot, known) : [entry]
  const recordSignal = (entries: readonly ProcessEntry[]) => {
    for (const { pid: target } of entries) sentSignals.record(inSandbox.get(target)?.owner ?? null, signal)
  }
  if (tree && signal === 'SIGKILL') {
    const signalled = new Map<number, ProcessEntry>()
    const exited = await killMembers((snapshot, known) => {
      const members = find(snapshot, known)
      for (const member of members) signalled.set(member.pid, member)
      recordSignal(members)
      return members
    }, 0)
    return toAnswer(signal, [...signalled.values()], exited)
  }
  const members = find()
  // Recorded before sending, because the end of a process is attributed as soon as it exits.
  recordSignal(members)
  const signalled = members.filter((member) => signalAll([member], signal) > 0)
  if (signalled.length === 0) throw notSignalled(pid)
  return toAnswer(signal, signalled, null)
}

function signallable(all: readonly ViewedProcess[], pid: number, startTicks: number): ViewedProcess {
  const found = all.find(({ entry }) => entry.pid === pid)
  if (!found) {
    throw new ApiError('PROCESS_NOT_FOUND', `no process of this sandbox has the pid ${pid}; it may have ended`)
  }
  if (found.owner?.kind === 'system') {
    throw new ApiError('FORBIDDEN', `process ${pid} is the engine's own and cannot be signalled`)
  }
  if (found.entry.startTicks !== startTicks) {
    throw new ApiError(
      'CONFLICT',
      `the process has ended and another one has the pid ${pid} now; nothing was signalled`,
    )
  }
  if (!found.alive) throw new ApiError('GONE', `process ${pid} has ended; its parent has not reaped it yet`)
  return found
}

function notSignalled(pid: number): ApiError {
  return new ApiError('GONE', `process ${pid} has ended, or its user may not be signalled; nothing was signalled`)
}

function toAnswer(
  signal: ProcessSignal,
  signalled: readonly ProcessEntry[],
  exited: boolean | null,
): ProcessSignalResponse {
  return { signal, signalled: signalled.map(({ pid, name }) => ({ pid, name })), gone: exited }
}
