/** Where in a journal how much was printed, for a strip that shows the whole of it. */
import { setImmediate as pause } from 'node:timers/promises'
import type { JournalOverview, OverviewQuery } from '@/lib/process-api/journal-lines'
import type { Journal } from './journal'
import { LinePositions } from './line-positions'

/** Divide the journal into parts of the same duration, or of the same size, and count each part's output. */
export async function readOverview(journal: Journal, { buckets, by }: OverviewQuery): Promise<JournalOverview> {
  const positions = await LinePositions.open(journal)
  const size = positions.journalSize
  const startMs = size === 0 ? null : journal.timeAt(0)
  const endMs = size === 0 ? null : journal.timeAt(size - 1)
  const hasDuration = startMs !== null && endMs !== null && endMs > startMs
  const byTime = by === 'time' && hasDuration
  const edges = Array.from({ length: buckets + 1 }, (_, index) => {
    if (index === 0) return 0
    if (index === buckets) return size
    const part = index / buckets
    return byTime ? journal.offsetAtTime(startMs + (endMs - startMs) * part, size) : Math.floor(size * part)
  })
  const overview: JournalOverview = {
    size,
    lines: positions.lines,
    by: byTime ? 'time' : 'bytes',
    startMs,
    endMs,
    offsets: edges,
    lineCounts: [],
    stderrBytes: [],
  }
  let before = { lineFeeds: 0, stderrBytes: 0 }
  let edge = 0
  for (const [index, next] of edges.slice(1).entries()) {
    // Equal edges are common: nothing was printed during most of a long run.
    if (next !== edge) {
      const mark = await positions.countTo(next)
      overview.lineCounts.push(mark.lineFeeds - before.lineFeeds)
      overview.stderrBytes.push(mark.stderrBytes - before.stderrBytes)
      before = mark
      edge = next
    } else {
      overview.lineCounts.push(0)
      overview.stderrBytes.push(0)
    }
    if (index % 16 === 15) await pause()
  }
  return overview
}
