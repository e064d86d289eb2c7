/** Converts between offsets of a journal and heights of the strip that shows the whole of it. Heights are from 0 to 1. */
import type { JournalOverview } from '@/lib/process-api/journal-lines'

type Parts = Pick<JournalOverview, 'offsets'>

/** Offset of the byte at a height. */
export function offsetAtHeight({ offsets }: Parts, height: number): number {
  const parts = offsets.length - 1
  const position = Math.max(0, Math.min(height, 1)) * parts
  const part = Math.min(Math.floor(position), parts - 1)
  const from = offsets[part] ?? 0
  const to = offsets[part + 1] ?? from
  return Math.floor(from + (to - from) * (position - part))
}

/** Height of the byte at an offset: in the middle of a part without output, that part's start. */
export function heightOfOffset({ offsets }: Parts, offset: number): number {
  const parts = offsets.length - 1
  let low = 0
  let high = parts - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((offsets[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  const from = offsets[low] ?? 0
  const to = offsets[low + 1] ?? from
  const within = to > from ? Math.min(1, (offset - from) / (to - from)) : 0
  return (low + within) / parts
}

/** The parts as bars: their length and the share of stderr in them, each from 0 to 1. */
export function stripBars({ offsets, lineCounts, stderrBytes }: JournalOverview): { length: number; stderr: number }[] {
  const bytes = lineCounts.map((_, part) => (offsets[part + 1] ?? 0) - (offsets[part] ?? 0))
  // Parts of the same size differ in their lines, parts of the same duration in their bytes.
  const same = bytes.every((one) => Math.abs(one - (bytes[0] ?? 0)) <= 1)
  const amounts = same ? lineCounts : bytes
  const max = Math.max(1, ...amounts)
  return amounts.map((amount, part) => ({
    // The root keeps quiet parts visible next to a flood.
    length: amount === 0 ? 0 : Math.max(0.06, Math.sqrt(amount / max)),
    stderr: bytes[part] ? (stderrBytes[part] ?? 0) / bytes[part] : 0,
  }))
}
