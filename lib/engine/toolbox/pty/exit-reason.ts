import type { PtyExit } from '@/lib/process-api/pty'
import type { ExecutionEnd } from '../../linux/execution-end'

/** A PTY's exit as clients receive it: the reference's reasons, and 128 + n for a death by signal n. */
export function ptyExitOf({ exitCode: code, message }: Pick<ExecutionEnd, 'exitCode' | 'message'>): PtyExit {
  const exitCode = code ?? 0
  return { exitCode, ...(exitCode === 0 ? {} : { exitReason: reasonOf(exitCode) }), ...(message ? { message } : {}) }
}

/** The exit with the reference's fields only. */
export function referenceExit({ message: _, ...exit }: PtyExit): PtyExit {
  return exit
}

/** The exit that clients receive when the PTY was killed. */
export const killedExit: PtyExit = { exitCode: 137, exitReason: 'SIGKILL' }

function reasonOf(exitCode: number): string {
  if (exitCode === 130) return 'Ctrl+C'
  if (exitCode === 137) return 'SIGKILL'
  if (exitCode === 143) return 'SIGTERM'
  return exitCode > 128 ? `signal ${exitCode - 128}` : 'non-zero exit'
}

/** Code and reason of the close frame. */
export function closeFrameOf(exit: PtyExit): { code: number; reason: string } {
  return { code: exit.exitCode === 0 ? 1000 : 1011, reason: JSON.stringify(referenceExit(exit)) }
}
