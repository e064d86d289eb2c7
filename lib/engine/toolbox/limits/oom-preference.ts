import { writeFileSync } from 'node:fs'

/**
 * Of 1,000, which stand for all memory that there is. Where memory runs out, a program that was started goes before the
 * toolbox that knows how it went, and a sandbox before the rest of the machine.
 */
const preference = '500'

/** Have the kernel choose this process, and what it will start, when it has to end something for its memory. */
export function preferAsVictim(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, preference, { flag: 'r+' })
  } catch {
    // It has ended already, or has made itself unreadable; the kernel then goes by size alone.
  }
}
