/** Decides which sandbox fills the disk. */
import type { Written } from './written'

/** What programs write by the way, as to a log, is no reason to stop them. */
export const leastGrowth = 1024 ** 2

/** What is known of one sandbox that runs. */
export interface Observation<Subject> {
  readonly subject: Subject
  /** Bytes since it was measured before the disk was full, while its programs ran; null where it cannot be measured. */
  readonly growth: number | null
  /** Bytes between two measurements during both of which its programs stood still; null where there were not two. */
  readonly recentGrowth: number | null
  readonly written: Written
}

export type Suspicion = 'not-measurable' | 'grew' | 'wrote'

export interface Suspect<Subject> {
  readonly subject: Subject
  readonly why: Suspicion
  readonly bytes: number
}

/**
 * The sandbox to stop, or null where none is suspected.
 *
 * One that cannot be measured comes first: a program can see to that. Then growth that was measured while nothing ran
 * counts, because a program can neither hide nor feign it. The growth since the last ordinary measurement is for what
 * was taken at once. Where growth tells nothing, those that write are suspected.
 * @param isFalling whether the free space went down although nobody could be blamed before
 */
export function findSuspect<Subject>(
  observations: readonly Observation<Subject>[],
  isFalling: boolean,
): Suspect<Subject> | null {
  const byWritten = observations.toSorted((a, b) => compareWritten(a.written, b.written))
  const hidden = byWritten.find(({ growth }) => growth === null)
  if (hidden) return { subject: hidden.subject, why: 'not-measurable', bytes: hidden.written.disk }
  const grown = most(byWritten, ({ recentGrowth }) => recentGrowth) ?? most(byWritten, ({ growth }) => growth)
  if (grown) return grown
  const [writer] = byWritten
  if (!isFalling || !writer) return null
  const { disk, calls } = writer.written
  const bytes = disk >= leastGrowth ? disk : calls
  return bytes >= leastGrowth ? { subject: writer.subject, why: 'wrote', bytes } : null
}

/** The one with the largest figure, and of those that are about as large the one that wrote most. */
function most<Subject>(
  byWritten: readonly Observation<Subject>[],
  figureOf: (observation: Observation<Subject>) => number | null,
): Suspect<Subject> | null {
  const largest = Math.max(...byWritten.map((each) => figureOf(each) ?? 0))
  if (largest < leastGrowth) return null
  const found = byWritten.find((each) => (figureOf(each) ?? 0) > largest - leastGrowth)
  return found ? { subject: found.subject, why: 'grew', bytes: figureOf(found) ?? 0 } : null
}

/** What went to a disk counts; the calls are all there is where that is a file system in memory. */
function compareWritten(a: Written, b: Written): number {
  return b.disk - a.disk || b.calls - a.calls
}
