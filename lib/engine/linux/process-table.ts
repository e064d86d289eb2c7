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
  /** Variables of environments that were read, by pid and name. Only these are kept: environments can be huge. */
  private readonly variables = new Map<string, string | undefined>()
  private environmentBytes = 0

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
    return this.readVariable(pid, variable) === value
  }

  /** The value of `variable` in the environment the process was started with; undefined if unset or unreadable. */
  readVariable(pid: number, variable: string): string | undefined {
    const key = `${pid} ${variable}`
    if (this.variables.has(key)) return this.variables.get(key)
    const isCostly = this.environmentBytes > maxEnvironmentBytes
    const environment = readBytes(`/proc/${pid}/environ`, isCostly ? maxCostlyBytes : maxProcBytes)
    this.environmentBytes += environment?.length ?? 0
    const value = environment && variableIn(environment, variable)
    this.variables.set(key, value)
    return value
  }
}

/** The first value of a variable, as for `getenv`; undefined for one that is longer than any id. Entries end with NUL. */
function variableIn(environment: Buffer, variable: string): string | undefined {
  const name = `${variable}=`
  const isFirst = environment.subarray(0, name.length).equals(Buffer.from(name, 'latin1'))
  const before = isFirst ? -1 : environment.indexOf(`\0${name}`, 0, 'latin1')
  if (before < 0 && !isFirst) return undefined
  const begin = before + 1 + name.length
  const found = environment.indexOf(0, begin)
  const end = found < 0 ? environment.length : found
  return end - begin > maxValueBytes ? undefined : environment.toString('latin1', begin, end)
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
  const text = readProc(`/proc/${entry.pid}/cmdline`, 'utf8', maxCommandLineBytes) ?? ''
  // `trim` and not an expression for NULs at the end, which takes quadratic time where something follows thousands of them.
  const line = text.replaceAll('\0', ' ').trim()
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
/** Bytes of all environments of a snapshot; what exceeds them would block everything else for seconds. */
const maxEnvironmentBytes = 64 * 1024 * 1024
/** Bytes of each further environment. Ordinary ones are shorter. */
const maxCostlyBytes = 16 * 1024
/** Variables are read for the ids in them. */
const maxValueBytes = 256
/** More than the 300 characters that are shown of a command line. */
const maxCommandLineBytes = 2 * 1024

/**
 * Read a file of /proc as text; undefined if it cannot be read.
 * @param maxBytes about where reading ends
 */
export function readProc(
  path: string,
  encoding: 'latin1' | 'utf8' = 'latin1',
  maxBytes = maxProcBytes,
): string | undefined {
  return readBytes(path, maxBytes)?.toString(encoding)
}

/** The bytes are valid until the next call. */
function readBytes(path: string, maxBytes: number): Buffer | undefined {
  try {
    const file = openSync(path, 'r')
    try {
      let length = 0
      for (;;) {
        const room = Math.min(buffer.length, maxBytes) - length
        const read = readSync(file, buffer, length, room, null)
        length += read
        if (read < room || length >= maxBytes) return buffer.subarray(0, length)
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
