/** The processes of the sandbox, read from /proc. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'

/** Marks the processes of an execution. Children inherit it, even those that left the tree and the group. */
export const executionMark = 'SANDGLASS_COMMAND'
/** Marks every process of a sandbox. */
export const sandboxMark = 'SANDGLASS_SANDBOX'

export interface ProcessEntry {
  pid: number
  parentPid: number
  group: number
  session: number
  /** Start time in clock ticks since boot. Together with the pid it identifies a process uniquely. */
  startTicks: number
  /** Name of the executable, truncated to 15 characters. */
  name: string
}

/** Always 100 on Linux, on every architecture that Node supports. */
export const ticksPerSecond = 100

/** All live processes at one moment; zombies are listed separately. Costs about 10 µs per process. */
export class ProcessSnapshot {
  readonly entries: ReadonlyMap<number, ProcessEntry>
  /** Processes that have exited but were not reaped yet. */
  readonly zombies: readonly ProcessEntry[]
  private readonly environments = new Map<number, string>()

  /**
   * @param since skip processes started before this pid was assigned. Pids are assigned in sequence, so later processes
   * have later pids until the numbers wrap around, which takes seconds at least.
   */
  constructor(since?: number) {
    const entries = new Map<number, ProcessEntry>()
    const zombies: ProcessEntry[] = []
    const last = since === undefined ? 0 : lastPid()
    for (const name of readdirSync('/proc')) {
      const pid = Number(name)
      if (!Number.isInteger(pid) || (since !== undefined && !wasAssignedSince(pid, since, last))) continue
      const status = readStatus(pid)
      if (status && isLive(status.state)) entries.set(pid, status.entry)
      else if (status) zombies.push(status.entry)
    }
    this.entries = entries
    this.zombies = zombies
  }

  /** True if the process was started with `variable` set to `value`; false if its environment is unreadable. */
  hasVariable(pid: number, variable: string, value: string): boolean {
    return this.environmentOf(pid).includes(`\0${variable}=${value}\0`)
  }

  /** The value of `variable` in the environment the process was started with; undefined if unset or unreadable. */
  readVariable(pid: number, variable: string): string | undefined {
    const environment = this.environmentOf(pid)
    const at = environment.indexOf(`\0${variable}=`)
    if (at < 0) return undefined
    const begin = at + variable.length + 2
    return environment.slice(begin, environment.indexOf('\0', begin))
  }

  /** Every entry is enclosed by two NULs. Anything beyond the read limit is ignored. */
  private environmentOf(pid: number): string {
    let environment = this.environments.get(pid)
    if (environment === undefined) {
      environment = `\0${readProc(`/proc/${pid}/environ`) ?? ''}\0`
      this.environments.set(pid, environment)
    }
    return environment
  }
}

/** One live process; undefined if it does not exist. */
export function readProcess(pid: number): ProcessEntry | undefined {
  const status = readStatus(pid)
  return status && isLive(status.state) ? status.entry : undefined
}

function isLive(state: string): boolean {
  return state !== 'Z' && state !== 'X'
}

/** A child that was just started. It may have exited but cannot have been reaped yet. */
export function readChild(pid: number): ProcessEntry | undefined {
  return readStatus(pid)?.entry
}

/** Read `/proc/{pid}/stat`: the name, and the fields after it, starting with the state. */
export function readStatFields(pid: number): { name: string; fields: string[] } | undefined {
  const text = readProc(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  // The name is in parentheses and may contain any character, so the fields start after the last parenthesis.
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

/** True if a pid was assigned between `since` and `last`, inclusive. Pids wrap around after the highest one. */
export function wasAssignedSince(pid: number, since: number, last: number): boolean {
  return since <= last ? pid >= since && pid <= last : pid >= since || pid <= last
}

/** The pid that was assigned last in this pid namespace. */
export function lastPid(): number {
  return Number(readProc('/proc/loadavg')?.trim().split(' ').at(-1) ?? 0)
}

/** Page faults of reaped children: a counter that grows with each child that the process reaps. Null if unreadable. */
export function readReapCounter(pid: number | null): number | null {
  const text = pid === null ? undefined : readProc(`/proc/${pid}/stat`)
  return text === undefined ? null : Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[8])
}

/** Whether a process currently has a handler for a signal. False if it has exited. */
export function catchesSignal(pid: number, signal: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1]
  return caught !== undefined && ((BigInt(`0x${caught}`) >> BigInt(signal - 1)) & 1n) === 1n
}

/** True while this process is alive; false if its pid now belongs to another one. */
export function isAlive(entry: ProcessEntry): boolean {
  return readProcess(entry.pid)?.startTicks === entry.startTicks
}

/** The command line for display, truncated to 300 characters. */
export function commandLineOf(entry: ProcessEntry): string {
  const text = readProc(`/proc/${entry.pid}/cmdline`, 'utf8') ?? ''
  const line = text.replace(/\0+$/, '').replaceAll('\0', ' ').trim()
  return (line || `[${entry.name}]`).slice(0, 300)
}

/** Seconds since the process started; null if the clock cannot be read. */
export function ageOf(entry: ProcessEntry): number | null {
  const uptime = uptimeSeconds()
  if (uptime === null) return null
  return Math.max(0, Math.round((uptime - entry.startTicks / ticksPerSecond) * 10) / 10)
}

/** Seconds since boot, by the same clock as start times; null if it cannot be read. */
export function uptimeSeconds(): number | null {
  const uptime = Number(readProc('/proc/uptime')?.split(' ')[0])
  return Number.isFinite(uptime) ? uptime : null
}

/**
 * One buffer for all reads: `readFileSync` allocates 64 KiB for each file of /proc, which is 30 MB for one scan of a busy
 * machine. The buffer grows for longer files, up to a limit.
 */
let buffer = Buffer.allocUnsafeSlow(16 * 1024)

/**
 * Maximum bytes read from a file of /proc. A process can make its arguments and environment arbitrarily long without
 * using that much memory; nothing that matters comes later.
 */
const maxProcBytes = 1024 * 1024

/** Read a file of /proc as text, up to 1 MiB; undefined if it cannot be read. */
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
    // Without free descriptors nothing is known; that must not look like a process that has exited.
    if (error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE')) throw error
    // The process has exited or belongs to another user.
    return undefined
  }
}
