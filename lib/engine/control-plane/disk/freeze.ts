/**
 * Stops the programs of a sandbox while its files are counted. A program that runs meanwhile can watch the count with
 * inotify and move its files to where they have been counted already, or will not be.
 *
 * The toolbox goes on. The init is stopped with the programs, because it would resume its supervisors and start more; the
 * heartbeat knows of that. Signals are used and not the freezer of control groups, which not every host has and which
 * would take the toolbox along.
 */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SandboxFolder } from '../../isolation/isolation'
import { keepStopped, letGo } from '../../isolation/process-signs'
import { type ProcessEntry, readChild, readProc, readStatFields } from '../../linux/process-table'
import { membersOfSandbox } from './members'

/** A program that starts others faster than they can be stopped is not waited for. */
const freezeTimeoutMs = 5_000
const roundMs = 5
/** Without an init a client can start programs while the rest stands still; they are stopped, too. */
const guardMs = 100
/** A process may have been started behind the back of one look at /proc, so one quiet look is not enough. */
const quietRounds = 2

interface Held {
  readonly entry: ProcessEntry
  /** By somebody else, who will resume it. */
  readonly wasStopped: boolean
}

/**
 * Do something while no program of the sandbox runs. Resolves with null, without having done it, where the programs
 * could not be stopped in time. Those that had been stopped before stay stopped.
 */
export async function whileFrozen<T>(folder: SandboxFolder, work: () => Promise<T>): Promise<T | null> {
  const freezer = new Freezer(folder)
  let guard: NodeJS.Timeout | null = null
  try {
    if (!(await freezer.freeze())) return null
    guard = setInterval(() => freezer.round(), guardMs)
    return await work()
  } finally {
    if (guard) clearInterval(guard)
    freezer.release()
  }
}

/** Resume what an engine stopped that was killed before it could resume it. */
export function releaseFrozen(folder: SandboxFolder): void {
  if (!existsSync(markerOf(folder))) return
  for (const entry of (membersOfSandbox(folder)?.others ?? []).toReversed()) signal(entry, 'SIGCONT')
  rmSync(markerOf(folder), { force: true })
}

class Freezer {
  private readonly held = new Map<string, Held>()

  constructor(private readonly folder: SandboxFolder) {}

  /** False where something still runs when the time is over. */
  async freeze(): Promise<boolean> {
    try {
      writeFileSync(markerOf(this.folder), '')
    } catch {
      // The disk is full. The marker matters only if this engine is killed within the next seconds.
    }
    const deadline = performance.now() + freezeTimeoutMs
    for (let quiet = 0; quiet < quietRounds; ) {
      quiet = this.round() ? quiet + 1 : 0
      if (performance.now() > deadline) return false
      await sleep(roundMs)
    }
    return true
  }

  /** Stop what runs. True where nothing did. */
  round(): boolean {
    let isQuiet = true
    // Parents first, so that a shell does not see its job stop.
    for (const entry of membersOfSandbox(this.folder)?.others ?? []) {
      const state = stateOf(entry.pid)
      if (state === null) continue
      const key = `${entry.pid}:${entry.startTicks}`
      const isNew = !this.held.has(key)
      if (isNew) this.held.set(key, { entry, wasStopped: state === 'T' })
      // One that waits in the kernel stops before it does anything else.
      const isHalted = state === 'T' || (!isNew && (state === 't' || state === 'D'))
      if (isHalted) continue
      isQuiet = false
      keepStopped(entry)
      signal(entry, 'SIGSTOP')
    }
    return isQuiet
  }

  release(): void {
    // Children first, for the same reason.
    for (const { entry, wasStopped } of [...this.held.values()].toReversed()) {
      if (!wasStopped) signal(entry, 'SIGCONT')
      letGo(entry)
    }
    this.held.clear()
    rmSync(markerOf(this.folder), { force: true })
  }
}

function markerOf(folder: SandboxFolder): string {
  return path.join(folder.path, 'frozen')
}

/** The state letter of a process, or of a thread that goes on where the main one has ended; null where it has ended. */
function stateOf(pid: number): string | null {
  const state = readStatFields(pid)?.fields[0] ?? null
  if (state !== 'Z') return state === 'X' ? null : state
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const text = readProc(`/proc/${pid}/task/${thread}/stat`)
      const letter = text?.[text.lastIndexOf(')') + 2]
      if (letter !== undefined && letter !== 'Z' && letter !== 'X') return letter
    }
  } catch {
    // It was reaped meanwhile.
  }
  return null
}

/** Unlike `signalProcess`, also to a process whose main thread has ended. */
function signal({ pid, startTicks }: ProcessEntry, name: 'SIGSTOP' | 'SIGCONT'): void {
  if (readChild(pid)?.startTicks !== startTicks) return
  try {
    process.kill(pid, name)
  } catch {
    // It has ended. One that may not be signalled goes on, and so is not found halted.
  }
}
