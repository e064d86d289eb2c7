/** A person's signal to one process of the sandbox, or to all that descends from it. */
import { ApiError } from '@/lib/process-api/errors'
import type { ProcessSignal, ProcessSignalAnswer } from '@/lib/process-api/process-tree'
import { type FindMembers, killMembers } from '../../linux/kill-tree'
import type { ProcessEntry } from '../../linux/process-table'
import { membersOf, signalAll } from '../../linux/process-tree'
import type { ProcessView, ViewedProcess } from './process-view'
import type { SentSignals } from './sent-signals'

export interface SignalOrder {
  pid: number
  startTicks: number
  signal: ProcessSignal
  tree: boolean
}

/** Throws an `ApiError` where there is no such process, or where it may not be signalled; then none was. */
export async function signalProcess(
  view: ProcessView,
  sent: SentSignals,
  { pid, startTicks, signal, tree }: SignalOrder,
): Promise<ProcessSignalAnswer> {
  const all = view.all()
  const { entry } = signallable(all, pid, startTicks)
  const ours = new Set(all.filter(({ owner }) => owner?.kind === 'system').map((it) => it.entry.pid))
  const inSandbox = new Map(all.map((it) => [it.entry.pid, it]))
  const find: FindMembers = (snapshot, known) =>
    tree ? membersOf({ leaders: [entry], except: ours }, snapshot, known) : [entry]
  const note = (entries: readonly ProcessEntry[]) => {
    for (const { pid: hit } of entries) sent.note(inSandbox.get(hit)?.owner ?? null, signal)
  }
  if (tree && signal === 'SIGKILL') {
    const hit = new Map<number, ProcessEntry>()
    const gone = await killMembers((snapshot, known) => {
      const members = find(snapshot, known)
      for (const member of members) hit.set(member.pid, member)
      note(members)
      return members
    }, 0)
    return answerOf(signal, [...hit.values()], gone)
  }
  const members = find()
  // Before they get it: what ends by it is asked about at once.
  note(members)
  const hit = members.filter((member) => signalAll([member], signal) > 0)
  if (hit.length === 0) throw refused(pid)
  return answerOf(signal, hit, null)
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
  if (!found.alive) throw new ApiError('GONE', `process ${pid} has ended; its parent has not taken note of it yet`)
  return found
}

function refused(pid: number): ApiError {
  return new ApiError('GONE', `process ${pid} has ended, or its user may not be signalled; nothing was signalled`)
}

function answerOf(signal: ProcessSignal, hit: readonly ProcessEntry[], gone: boolean | null): ProcessSignalAnswer {
  return { signal, signalled: hit.map(({ pid, name }) => ({ pid, name })), gone }
}
