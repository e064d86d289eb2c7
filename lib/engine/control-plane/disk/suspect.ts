/** Decides which sandbox fills the disk. */
import type { WrittenBytes } from './written-bytes'

/** Less growth than this, as from a log, is ignored. */
export const minGrowth = 1024 ** 2

/** Measurements of one running sandbox. */
export interface Observation<Subject> {
  readonly subject: Subject
  /** Bytes since the measurement before the disk ran low, while its programs ran; null when it cannot be measured. */
  readonly growth: number | null
  /** Bytes between two measurements while frozen; null without two of them. */
  readonly recentGrowth: number | null
  readonly written: WrittenBytes
}

export type Suspicion = 'not-measurable' | 'grew' | 'wrote'

export interface Suspect<Subject> {
  readonly subject: Subject
  readonly why: Suspicion
  readonly bytes: number
}

/**
 * The sandbox to stop, or null without a suspect. An unmeasurable one comes first, since programs can cause that. Next comes
 * growth while frozen, which programs can neither hide nor fake, then growth since the last ordinary measurement, for
 * sudden allocations. Without growth, the largest writer is the suspect.
 * @param isFalling free space fell although there was no suspect before
 */
export function findSuspect<Subject>(
  observations: readonly Observation<Subject>[],
  isFalling: boolean,
): Suspect<Subject> | null {
  const byWritten = observations.toSorted((a, b) => compareWritten(a.written, b.written))
  const hidden = byWritten.find(({ growth }) => growth === null)
  if (hidden) return { subject: hidden.subject, why: 'not-measurable', bytes: hidden.written.disk }
  const grown =
    largestGrowth(byWritten, ({ recentGrowth }) => recentGrowth) ?? largestGrowth(byWritten, ({ growth }) => growth)
  if (grown) return grown
  const [writer] = byWritten
  if (!isFalling || !writer) return null
  const { disk, calls } = writer.written
  const bytes = disk >= minGrowth ? disk : calls
  return bytes >= minGrowth ? { subject: writer.subject, why: 'wrote', bytes } : null
}

/** The one with the largest value; among similar ones, the one that wrote most. */
function largestGrowth<Subject>(
  byWritten: readonly Observation<Subject>[],
  figureOf: (observation: Observation<Subject>) => number | null,
): Suspect<Subject> | null {
  const largest = Math.max(...byWritten.map((each) => figureOf(each) ?? 0))
  if (largest < minGrowth) return null
  const found = byWritten.find((each) => (figureOf(each) ?? 0) > largest - minGrowth)
  return found ? { subject: found.subject, why: 'grew', bytes: figureOf(found) ?? 0 } : null
}

/** Bytes written to a disk count first; file systems in memory only have write calls. */
function compareWritten(a: WrittenBytes, b: WrittenBytes): number {
  return b.disk - a.disk || b.calls - a.calls
}
