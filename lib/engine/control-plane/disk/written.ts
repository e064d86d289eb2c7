/** What the programs of a sandbox have written so far, counted by the kernel and not by looking at files. */
import type { SandboxFolder } from '../../isolation/isolation'
import { type ProcessSnapshot, readProc } from '../../linux/process-table'
import { membersOfSandbox } from './members'

export interface Written {
  /** Bytes that went, or will go, to a disk. File systems in memory do not count them. */
  readonly disk: number
  /** Bytes passed to write(2) and the like, to pipes and sockets as well. */
  readonly calls: number
}

/**
 * The sum over the processes that run. A process counts its children from the moment that it has waited for them, so
 * little is lost when they end.
 */
export function writtenBy(folder: SandboxFolder, snapshot: ProcessSnapshot): Written {
  const members = membersOfSandbox(folder, snapshot)
  let disk = 0
  let calls = 0
  for (const member of members ? [members.toolbox, ...members.others] : []) {
    if (!member) continue
    const text = readProc(`/proc/${member.pid}/io`) ?? ''
    const field = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
    disk += Math.max(0, field('write_bytes') - field('cancelled_write_bytes'))
    calls += field('wchar')
  }
  return { disk, calls }
}

/** What was written between two looks. */
export function writtenSince(before: Written | undefined, now: Written): Written {
  return {
    disk: Math.max(0, now.disk - (before?.disk ?? 0)),
    calls: Math.max(0, now.calls - (before?.calls ?? 0)),
  }
}
