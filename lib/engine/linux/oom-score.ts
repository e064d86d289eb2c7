/**
 * Which processes the kernel kills first when memory runs out: programs before the toolbox that records how they ended,
 * and a sandbox before the rest of the machine. A child inherits the score of its parent at the moment of the fork;
 * setting it later would be too late for the grandchildren.
 */
import { openSync, readSync, writeSync } from 'node:fs'

/** Of 1,000, which stands for all memory of the machine. */
const raisedScore = 500
const ownFile = '/proc/self/oom_score_adj'

let own: { descriptor: number; value: number } | null = null

/** Open the score file. Without one, all processes keep the same score. Call before inherited descriptors are closed. */
export function openOomScore(): void {
  const descriptor = open(ownFile)
  if (descriptor === null) return
  const text = Buffer.alloc(8)
  own = { descriptor, value: Number(text.toString('latin1', 0, readSync(descriptor, text, 0, text.length, 0))) }
}

/** Call `start` while the score is raised, so that the started process and its descendants are killed first. */
export function withRaisedOomScore<Result>(start: () => Result): Result {
  if (own === null || own.value >= raisedScore) return start()
  writeSync(own.descriptor, String(raisedScore), 0)
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
    // The file is missing or not writable.
    return null
  }
}
