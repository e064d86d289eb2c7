/** Details of one process from /proc, beyond its position in the tree. */
import type { ProcessState } from '@/lib/process-api/process-tree'
import { readProc, readStatFields } from './process-table'

/** Counters of the kernel; null if unreadable. */
export interface ProcessStats {
  state: ProcessState
  /** Processor time since the start of the process, in clock ticks. */
  cpuTicks: number
  uid: number | null
  memoryBytes: number | null
  threads: number | null
}

const maxArgumentsLength = 4_096
/** More than so many characters. */
const maxArgumentsBytes = 4 * maxArgumentsLength + 4

const states: Readonly<Record<string, ProcessState>> = {
  R: 'running',
  S: 'sleeping',
  I: 'sleeping',
  D: 'waiting',
  T: 'stopped',
  t: 'stopped',
  Z: 'zombie',
}

/** Undefined if the process has exited. */
export function readProcessStats(pid: number): ProcessStats | undefined {
  const fields = readStatFields(pid)?.fields
  if (!fields) return undefined
  const status = readProc(`/proc/${pid}/status`) ?? ''
  const kilobytes = numberAfter('VmRSS', status)
  return {
    state: states[fields[0] ?? ''] ?? 'unknown',
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    uid: numberAfter('Uid', status),
    memoryBytes: kilobytes === null ? null : kilobytes * 1024,
    threads: numberAfter('Threads', status),
  }
}

/** The arguments as text. A list that is too long is cut, and `argvCut` is true. */
export function readArguments(pid: number): { argv: string[]; argvCut: boolean } {
  const text = readProc(`/proc/${pid}/cmdline`, 'utf8', maxArgumentsBytes) ?? ''
  if (text === '') return { argv: [], argvCut: false }
  const whole = text.endsWith('\0') ? text.slice(0, -1) : text
  const shown = whole.slice(0, maxArgumentsLength)
  return { argv: shown.split('\0'), argvCut: shown.length < whole.length }
}

function numberAfter(name: string, status: string): number | null {
  const value = new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]
  return value === undefined ? null : Number(value)
}
