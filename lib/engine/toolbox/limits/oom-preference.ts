/**
 * Whom the kernel chooses where memory runs out: a program that was started, before the toolbox that knows how it went,
 * and a sandbox before the rest of the machine. A process gets the preference of the one that starts it, at that moment;
 * given to it afterwards it would come too late for what it has started by then.
 */
import { openSync, readlinkSync, readSync, writeSync } from 'node:fs'

/** Of 1,000, which stand for all memory that there is. */
const wanted = 500
const ownFile = '/proc/self/oom_score_adj'

/**
 * Where the launcher leaves the toolbox its own file: one that may not be looked into by others (see `toolbox-node.ts`)
 * may not open it itself any more.
 */
export const preferenceDescriptor = 4

let own: { descriptor: number; value: number } | null = null

/** Call before inherited descriptors are closed. Where there is no such file, nobody is preferred. */
export function openPreference(): void {
  // In this order: looking for the file by its name is what makes the kernel take it away from a user that may not.
  const descriptor = isOwnFile(preferenceDescriptor) ? open(`/proc/self/fd/${preferenceDescriptor}`) : open(ownFile)
  if (descriptor === null) return
  const text = Buffer.alloc(8)
  own = { descriptor, value: Number(text.toString('latin1', 0, readSync(descriptor, text, 0, text.length, 0))) }
}

/** Start a process that goes first where memory runs out, with all that it starts. */
export function preferred<Result>(start: () => Result): Result {
  if (own === null || own.value >= wanted) return start()
  writeSync(own.descriptor, String(wanted), 0)
  try {
    return start()
  } finally {
    writeSync(own.descriptor, String(own.value), 0)
  }
}

function isOwnFile(descriptor: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).endsWith('/oom_score_adj')
  } catch {
    // Nothing was left there.
    return false
  }
}

function open(file: string): number | null {
  try {
    return openSync(file, 'r+')
  } catch {
    // Not there, or not ours to write.
    return null
  }
}
