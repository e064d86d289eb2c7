/** From the flat list of processes to the rows of the tree. */
import { formatArguments } from '@/components/execution/arguments'
import type { SandboxProcess } from '@/lib/process-api/process-tree'

export interface ProcessRow {
  process: SandboxProcess
  /** 0 for a process whose parent is not shown. */
  depth: number
  /** How many processes are below it. */
  descendants: number
}

/** Parents before their children, siblings oldest first. @param withSystem show what belongs to the engine, too */
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

/** Names a process for good: a pid is given out again. */
export function processKey({ pid, startTicks }: Pick<SandboxProcess, 'pid' | 'startTicks'>): string {
  return `${pid}-${startTicks}`
}

/** What a person would have typed; a process without arguments has its name in brackets, as `ps` shows it. */
export function commandLine({ argv, argvCut, name }: SandboxProcess): string {
  // A program that writes a title of its own there leaves one text.
  const line = (argv.length === 1 ? argv.join() : formatArguments(argv)).trim()
  return line === '' ? `[${name}]` : `${line}${argvCut ? ' …' : ''}`
}
