/** How much the programs of a sandbox have written so far, counted by the kernel rather than from files. */
import type { SandboxFolder } from '../../isolation/isolation'
import { type ProcessSnapshot, readProc } from '../../linux/process-table'
import { processesOfSandbox } from './sandbox-processes'

export interface WrittenBytes {
  /** Bytes written or about to be written to a disk. File systems in memory do not count. */
  readonly disk: number
  /** Bytes passed to write(2) and similar calls, including pipes and sockets. */
  readonly calls: number
}

/**
 * The sum over all running processes. A process includes its children once it has waited for them, so little is lost when
 * they exit.
 */
export function writtenBy(folder: SandboxFolder, snapshot: ProcessSnapshot): WrittenBytes {
  const members = processesOfSandbox(folder, snapshot)
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

/** What was written between two snapshots. */
export function writtenSince(before: WrittenBytes | undefined, now: WrittenBytes): WrittenBytes {
  return {
    disk: Math.max(0, now.disk - (before?.disk ?? 0)),
    calls: Math.max(0, now.calls - (before?.calls ?? 0)),
  }
}
