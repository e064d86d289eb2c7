/** What /proc tells of one process beyond its place in the tree. */
import type { ProcessState } from '@/lib/process-api/process-tree'
import { readProc, readStatFields } from './process-table'

/** All as the kernel counts it; null where it could not be read. */
export interface ProcessFigures {
  state: ProcessState
  /** Processor time since the start, in clock ticks. */
  cpuTicks: number
  uid: number | null
  memoryBytes: number | null
  threads: number | null
}

const longestArguments = 4_096

const states: Readonly<Record<string, ProcessState>> = {
  R: 'running',
  S: 'sleeping',
  I: 'sleeping',
  D: 'waiting',
  T: 'stopped',
  t: 'stopped',
  Z: 'zombie',
}

/** Undefined where the process has gone. */
export function figuresOf(pid: number): ProcessFigures | undefined {
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

/** The arguments as text, whatever their bytes; the first ones of a list that is too long. */
export function argumentsOf(pid: number): { argv: string[]; argvCut: boolean } {
  const text = readProc(`/proc/${pid}/cmdline`, 'utf8') ?? ''
  if (text === '') return { argv: [], argvCut: false }
  const whole = text.endsWith('\0') ? text.slice(0, -1) : text
  const kept = whole.slice(0, longestArguments)
  return { argv: kept.split('\0'), argvCut: kept.length < whole.length }
}

function numberAfter(name: string, status: string): number | null {
  const value = new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]
  return value === undefined ? null : Number(value)
}
