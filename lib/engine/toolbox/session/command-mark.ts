/**
 * What marks the processes of a session's command in their environment: a number, because bash can assign one without
 * running a command that a trap or a trace of the user would see.
 */
import { createHash } from 'node:crypto'

/** The mark of a command as decimal digits, fewer than 2^48. The same id always has the same mark. */
export function commandMark(commandId: string): string {
  return String(createHash('sha256').update(commandId).digest().readUIntBE(0, 6))
}
