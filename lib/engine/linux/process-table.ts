/** What runs in the sandbox, read from /proc. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'

/** Marks the processes of an execution: children inherit it, also those that left the tree and the group. */
export const executionMark = 'SANDGLASS_COMMAND'
/** Marks everything that a sandbox runs. */
export const sandboxMark = 'SANDGLASS_SANDBOX'

export interface ProcessEntry {
  pid: number
  parentPid: number
  group: number
  session: number
  /** Clock ticks between boot and the start; with the pid it names a process for good. */
  startTicks: number
  /** Name of the executable, cut at 15 characters. */
  name: string
}

/** Linux has had 100 of them a second on every architecture that Node runs on. */
export const ticksPerSecond = 100

/** Everything alive at one moment; zombies are not alive. A look costs about 10 µs for each process. */
export class ProcessSnapshot {
  readonly entries: ReadonlyMap<number, ProcessEntry>
  /** What has ended and waits for its parent to take note. */
  readonly zombies: readonly ProcessEntry[]
  private readonly environments = new Map<number, string>()

  /**
   * @param since leave out processes that were started before this one. Pids are given out in turn, so what started
   * since has a later one; that holds as long as not all pids have been given out anew, which takes seconds at least.
   */
  constructor(since?: number) {
    const entries = new Map<number, ProcessEntry>()
    const zombies: ProcessEntry[] = []
    const last = since === undefined ? 0 : lastPid()
    for (const name of readdirSync('/proc')) {
      const pid = Number(name)
      if (!Number.isInteger(pid) || (since !== undefined && !isGivenOutSince(pid, since, last))) continue
      const status = readStatus(pid)
      if (status && isLive(status.state)) entries.set(pid, status.entry)
      else if (status) zombies.push(status.entry)
    }
    this.entries = entries
    this.zombies = zombies
  }

  /** True when the process was started with `variable` set to `value`. Unreadable means false. */
  carries(pid: number, variable: string, value: string): boolean {
    return this.environmentOf(pid).includes(`\0${variable}=${value}\0`)
  }

  /** The value of `variable` that the process was started with; undefined where it has none or cannot be read. */
  valueOf(pid: number, variable: string): string | undefined {
    const environment = this.environmentOf(pid)
    const at = environment.indexOf(`\0${variable}=`)
    if (at < 0) return undefined
    const begin = at + variable.length + 2
    return environment.slice(begin, environment.indexOf('\0', begin))
  }

  /** Each entry between two NULs. What a process has beyond the limit of a read counts as not there. */
  private environmentOf(pid: number): string {
    let environment = this.environments.get(pid)
    if (environment === undefined) {
      environment = `\0${readProc(`/proc/${pid}/environ`) ?? ''}\0`
      this.environments.set(pid, environment)
    }
    return environment
  }
}

/** One live process, or undefined where there is none (any more). */
export function readProcess(pid: number): ProcessEntry | undefined {
  const status = readStatus(pid)
  return status && isLive(status.state) ? status.entry : undefined
}

function isLive(state: string): boolean {
  return state !== 'Z' && state !== 'X'
}

/** A child that was just started and cannot have been reaped yet, although it may have ended. */
export function noteChild(pid: number): ProcessEntry | undefined {
  return readStatus(pid)?.entry
}

/** `/proc/{pid}/stat`: the name, and what follows it, the state first. */
export function readStatFields(pid: number): { name: string; fields: string[] } | undefined {
  const text = readProc(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  // The name is in parentheses and may contain any character, so the fields are counted from the last one.
  const close = text.lastIndexOf(')')
  return { name: text.slice(text.indexOf('(') + 1, close), fields: text.slice(close + 2).split(' ') }
}

function readStatus(pid: number): { state: string; entry: ProcessEntry } | undefined {
  const stat = readStatFields(pid)
  if (stat === undefined) return undefined
  const { name, fields } = stat
  return {
    state: fields[0] ?? '',
    entry: {
      pid,
      parentPid: Number(fields[1]),
      group: Number(fields[2]),
      session: Number(fields[3]),
      startTicks: Number(fields[19]),
      name,
    },
  }
}

/** True when a pid was given out between `since` and `last`, both included; after the highest one they begin anew. */
export function isGivenOutSince(pid: number, since: number, last: number): boolean {
  return since <= last ? pid >= since && pid <= last : pid >= since || pid <= last
}

/** The pid that was given out last, by anybody in this pid namespace. */
export function lastPid(): number {
  return Number(readProc('/proc/loadavg')?.trim().split(' ').at(-1) ?? 0)
}

/** Page faults of ended children: a number that grows with each child that a process has seen end. */
export function reapedBy(pid: number | null): number | null {
  const text = pid === null ? undefined : readProc(`/proc/${pid}/stat`)
  return text === undefined ? null : Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[8])
}

/** Whether a process has a handler for a signal now. False where it has ended. */
export function catchesSignal(pid: number, signal: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1]
  return caught !== undefined && ((BigInt(`0x${caught}`) >> BigInt(signal - 1)) & 1n) === 1n
}

/** True while the very process lives, not another one with its pid. */
export function isAlive(entry: ProcessEntry): boolean {
  return readProcess(entry.pid)?.startTicks === entry.startTicks
}

/** The command line as a person would type it, cut at 300 characters. */
export function commandLineOf(entry: ProcessEntry): string {
  const text = readProc(`/proc/${entry.pid}/cmdline`, 'utf8') ?? ''
  const line = text.replace(/\0+$/, '').replaceAll('\0', ' ').trim()
  return (line || `[${entry.name}]`).slice(0, 300)
}

/** Seconds since the start, or null where the clock cannot be read. */
export function ageOf(entry: ProcessEntry): number | null {
  const uptime = uptimeSeconds()
  if (uptime === null) return null
  return Math.max(0, Math.round((uptime - entry.startTicks / ticksPerSecond) * 10) / 10)
}

/** Seconds since the system started, by the clock that start times are told by; null where it cannot be read. */
export function uptimeSeconds(): number | null {
  const uptime = Number(readProc('/proc/uptime')?.split(' ')[0])
  return Number.isFinite(uptime) ? uptime : null
}

/**
 * One buffer for all reads: `readFileSync` takes 64 KiB anew for each file of /proc, which is 30 MB for one look at a
 * busy machine. Longer files are read on, up to a limit.
 */
let buffer = Buffer.allocUnsafeSlow(16 * 1024)

/**
 * Most of a file of /proc that is read. A process decides itself how long its arguments and its environment are, without
 * having that much memory; nothing that is looked for is further in.
 */
const maxProcBytes = 1024 * 1024

/** A file of /proc as text, at most 1 MiB of it; undefined where it cannot be read (any more). */
export function readProc(path: string, encoding: 'latin1' | 'utf8' = 'latin1'): string | undefined {
  try {
    const file = openSync(path, 'r')
    try {
      let length = 0
      for (;;) {
        const read = readSync(file, buffer, length, buffer.length - length, null)
        length += read
        if (read === 0 || length < buffer.length || length >= maxProcBytes) return buffer.toString(encoding, 0, length)
        buffer = Buffer.concat([buffer, Buffer.allocUnsafeSlow(buffer.length)])
      }
    } finally {
      closeSync(file)
    }
  } catch (error) {
    // Out of descriptors, nothing is known: that must not be taken for a process that has gone.
    if (error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE')) throw error
    // It ended meanwhile, or it is another user's.
    return undefined
  }
}
