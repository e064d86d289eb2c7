/** Builds the rows of the process tree from the flat list. */
import { formatArguments } from '@/components/execution/arguments'
import type { SandboxProcess } from '@/lib/process-api/process-tree'

export interface ProcessRow {
  process: SandboxProcess
  /** 0 for a process whose parent is not in the list. */
  depth: number
  /** How many processes are below it. */
  descendants: number
}

/** Parents before their children, siblings oldest first. @param withSystem include system processes */
export function processRows(processes: readonly SandboxProcess[], withSystem: boolean): ProcessRow[] {
  const shown = processes.filter((process) => withSystem || !isSystem(process))
  const pids = new Set(shown.map((process) => process.pid))
  const childrenOf = new Map<number | null, SandboxProcess[]>()
  for (const process of shown) {
    const parent = process.parentPid !== null && pids.has(process.parentPid) ? process.parentPid : null
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), process])
  }
  const rows: ProcessRow[] = []
  const add = (process: SandboxProcess, depth: number): number => {
    const row: ProcessRow = { process, depth, descendants: 0 }
    rows.push(row)
    for (const child of childrenOf.get(process.pid) ?? []) row.descendants += 1 + add(child, depth + 1)
    return row.descendants
  }
  for (const root of childrenOf.get(null) ?? []) add(root, 0)
  return rows
}

export function isSystem({ owner }: SandboxProcess): boolean {
  return owner?.kind === 'system'
}

/** A unique key of a process, because pids are reused. */
export function processKey({ pid, startTicks }: Pick<SandboxProcess, 'pid' | 'startTicks'>): string {
  return `${pid}-${startTicks}`
}

/** The shell-quoted command line; like `ps`, the name in brackets for a process without arguments. */
export function commandLine({ argv, argvCut, name }: Pick<SandboxProcess, 'argv' | 'argvCut' | 'name'>): string {
  // A program that sets its own title leaves a single string.
  const line = (argv.length === 1 ? argv.join() : formatArguments(argv)).trim()
  return line === '' ? `[${name}]` : `${line}${argvCut ? ' …' : ''}`
}
