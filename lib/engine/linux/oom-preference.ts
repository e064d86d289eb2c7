/**
 * Whom the kernel chooses where memory runs out: a program that was started, before the toolbox that knows how it went,
 * and a sandbox before the rest of the machine. A process gets the preference of the one that starts it, at that moment;
 * given to it afterwards it would come too late for what it has started by then.
 */
import { openSync, readSync, writeSync } from 'node:fs'

/** Of 1,000, which stand for all memory that there is. */
const wanted = 500
const ownFile = '/proc/self/oom_score_adj'

let own: { descriptor: number; value: number } | null = null

/** Call before inherited descriptors are closed. Where there is no such file, nobody is preferred. */
export function openPreference(): void {
  const descriptor = open(ownFile)
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

function open(file: string): number | null {
  try {
    return openSync(file, 'r+')
  } catch {
    // Not there, or not ours to write.
    return null
  }
}
