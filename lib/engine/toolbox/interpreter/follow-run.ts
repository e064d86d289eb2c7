/** A run as its viewers see it: output and items in the order in which they came, from the start, then live. */
import type { RunItem } from '@/lib/process-api/interpreter'
import type { JournalChunk } from '../journal/journal-chunk'
import type { ContextRun } from './context-run'

export type RunPart = { kind: 'output'; segment: JournalChunk } | { kind: 'item'; item: RunItem }

/** Ends when the run has ended and everything until then was given, or when `signal` aborts. */
export async function* followRun(run: ContextRun, signal: AbortSignal): AsyncGenerator<RunPart> {
  const { items, record } = run
  const segments = record.journal.follow({ from: 0, signal, until: run.over })
  let wake = () => {}
  const stopListening = items.onAppend(() => wake())
  /** The next segment: asked for, and come. */
  let isAsked = false
  let next: IteratorResult<JournalChunk> | null = null as IteratorResult<JournalChunk> | null
  let failure: { error: unknown } | null = null as { error: unknown } | null
  const ask = () => {
    isAsked = true
    segments.next().then(
      (result) => {
        next = result
        wake()
      },
      (error) => {
        failure = { error }
        wake()
      },
    )
  }
  let segment: JournalChunk | null = null as JournalChunk | null
  let isFinished = false
  let position = 0
  let index = 0
  try {
    while (!signal.aborted) {
      const offset = items.offsetOf(index)
      if (offset !== undefined && (offset <= position || isFinished)) {
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
      } else if (isFinished) {
        return
      } else if (next) {
        isFinished = next.done ?? false
        segment = next.done ? null : next.value
        if (segment) position = segment.offset
        next = null
        isAsked = false
      } else if (failure) {
        throw failure.error
      } else {
        if (!isAsked) ask()
        // A race of promises would leave something behind on the one that takes long, for each piece of output.
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    stopListening()
    await segments.return(undefined)
  }
}
