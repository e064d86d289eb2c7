/**
 * Stops the programs of a sandbox while its files are counted. A running program could watch the count with inotify and move
 * files to folders that were already counted.
 *
 * The toolbox keeps running. The init is stopped too, because it would resume its supervisors and start more processes; the
 * heartbeat takes this into account. Signals are used instead of the cgroup freezer, which not every host has and which
 * would include the toolbox.
 */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SandboxFolder } from '../../isolation/isolation'
import { markFrozen, unmarkFrozen } from '../../isolation/process-signs'
import { type ProcessEntry, readChild, readProc, readStatFields } from '../../linux/process-table'
import { processesOfSandbox } from './sandbox-processes'

/** Give up on programs that fork faster than they can be stopped. */
const freezeTimeoutMs = 5_000
const scanIntervalMs = 5
/** Without an init, clients can start programs during the freeze; those are stopped at this interval. */
const guardIntervalMs = 100
/** One scan of /proc can miss a new process, so two scans without running processes are required. */
const requiredQuietScans = 2

interface FrozenProcess {
  readonly entry: ProcessEntry
  /** It was stopped before, by someone who will resume it. */
  readonly wasStopped: boolean
}

/**
 * Run `work` while no program of the sandbox runs. Resolves with null, without calling it, when the programs could not
 * be stopped in time. Processes that were stopped before stay stopped.
 */
export async function whileFrozen<T>(folder: SandboxFolder, work: () => Promise<T>): Promise<T | null> {
  const freezer = new Freezer(folder)
  let guard: NodeJS.Timeout | null = null
  try {
    if (!(await freezer.freeze())) return null
    guard = setInterval(() => freezer.stopRunning(), guardIntervalMs)
    return await work()
  } finally {
    if (guard) clearInterval(guard)
    freezer.release()
  }
}

/** Resume what an engine froze before it was killed. */
export function releaseFrozen(folder: SandboxFolder): void {
  if (!existsSync(markerOf(folder))) return
  for (const entry of (processesOfSandbox(folder)?.others ?? []).toReversed()) signal(entry, 'SIGCONT')
  rmSync(markerOf(folder), { force: true })
}

class Freezer {
  private readonly frozen = new Map<string, FrozenProcess>()

  constructor(private readonly folder: SandboxFolder) {}

  /** Returns false when something still runs at the timeout. */
  async freeze(): Promise<boolean> {
    try {
      writeFileSync(markerOf(this.folder), '')
    } catch {
      // The disk is full. The marker only matters if this engine is killed within the next seconds.
    }
    const deadline = performance.now() + freezeTimeoutMs
    for (let quiet = 0; quiet < requiredQuietScans; ) {
      quiet = this.stopRunning() ? quiet + 1 : 0
      if (performance.now() > deadline) return false
      await sleep(scanIntervalMs)
    }
    return true
  }

  /** Stop what runs. Returns true when nothing did. */
  stopRunning(): boolean {
    let isQuiet = true
    // Parents first, so that a shell does not notice that its job stops.
    for (const entry of processesOfSandbox(this.folder)?.others ?? []) {
      const state = stateOf(entry.pid)
      if (state === null) continue
      const key = `${entry.pid}:${entry.startTicks}`
      const isNew = !this.frozen.has(key)
      if (isNew) this.frozen.set(key, { entry, wasStopped: state === 'T' })
      // A process in an uninterruptible wait stops before it does anything else.
      const isHalted = state === 'T' || (!isNew && (state === 't' || state === 'D'))
      if (isHalted) continue
      isQuiet = false
      markFrozen(entry)
      signal(entry, 'SIGSTOP')
    }
    return isQuiet
  }

  release(): void {
    // Children first, for the same reason.
    for (const { entry, wasStopped } of [...this.frozen.values()].toReversed()) {
      if (!wasStopped) signal(entry, 'SIGCONT')
      unmarkFrozen(entry)
    }
    this.frozen.clear()
    rmSync(markerOf(this.folder), { force: true })
  }
}

function markerOf(folder: SandboxFolder): string {
  return path.join(folder.path, 'frozen')
}

/** The state letter of a process; of a live thread if the main one has exited; null when all have exited. */
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
    // The process was reaped meanwhile.
  }
  return null
}

/** Unlike `signalProcess`, this includes processes whose main thread has exited. */
function signal({ pid, startTicks }: ProcessEntry, name: 'SIGSTOP' | 'SIGCONT'): void {
  if (readChild(pid)?.startTicks !== startTicks) return
  try {
    process.kill(pid, name)
  } catch {
    // The process has exited. One that may not be signalled keeps running and does not count as halted.
  }
}
