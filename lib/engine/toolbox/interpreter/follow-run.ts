/** A run as its viewers see it: output and items in the order in which they came, from the start, then live. */
import type { RunItem } from '@/lib/process-api/interpreter'
import type { JournalSegment } from '../journal/segment'
import type { ContextRun } from './context-run'

export type RunPart = { kind: 'output'; segment: JournalSegment } | { kind: 'item'; item: RunItem }

/** Ends when the run has ended and everything until then was given, or when `signal` aborts. */
export async function* followRun(run: ContextRun, signal: AbortSignal): AsyncGenerator<RunPart> {
  const { items, record } = run
  const segments = record.journal.follow({ from: 0, signal, until: run.over })
  let segment: JournalSegment | null = null as JournalSegment | null
  let pending: Promise<IteratorResult<JournalSegment>> | null = null
  let finished = false
  let position = 0
  let index = 0
  let moreItems: Promise<'item'> | null = null
  try {
    while (!signal.aborted) {
      const offset = items.offsetOf(index)
      if (offset !== undefined && (offset <= position || finished)) {
        const item = items.read(index)
        index += 1
        if (item) yield { kind: 'item', item }
      } else if (segment) {
        // An item may belong into the middle of a segment.
        const length: number =
          offset === undefined ? segment.data.length : Math.min(offset - position, segment.data.length)
        yield { kind: 'output', segment: { ...segment, offset: position, data: segment.data.subarray(0, length) } }
        position += length
        segment =
          length < segment.data.length ? { ...segment, offset: position, data: segment.data.subarray(length) } : null
      } else if (finished) {
        return
      } else {
        pending ??= segments.next()
        moreItems ??= items.beyond(index).then(() => 'item' as const)
        const first: IteratorResult<JournalSegment> | 'item' = await Promise.race([pending, moreItems])
        if (first === 'item') {
          moreItems = null
          // The item came after output that is still on its way.
          if ((items.offsetOf(index) ?? 0) <= position) continue
        }
        const next: IteratorResult<JournalSegment> = await pending
        pending = null
        finished = next.done ?? false
        segment = next.done ? null : next.value
        if (segment) position = segment.offset
      }
    }
  } finally {
    await segments.return(undefined)
  }
}
