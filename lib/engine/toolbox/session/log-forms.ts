/** A journal in the protocol's log forms: the bytes of one stream or both, or one text with stream markers. */
import type { JournalStream } from '@/lib/process-api/extensions'
import type { Journal } from '../journal/journal'
import { LogMarkerWriter } from './log-marker-writer'

/** Payload bytes without markers, of one stream or of both in order of arrival. */
export async function* plainBytes(journal: Journal, to: number, stream?: JournalStream): AsyncGenerator<Uint8Array> {
  for await (const segment of journal.read({ to, stream })) yield segment.data
}

/** Both streams with a marker before each chunk. */
export async function* markedBytes(journal: Journal, to: number): AsyncGenerator<Uint8Array> {
  const writer = new LogMarkerWriter()
  for await (const { stream, data } of journal.read({ to })) yield* writer.write(stream, data)
  yield* writer.end()
}

/** The `output`, `stdout` and `stderr` of the split form. */
export function splitTexts(journal: Journal, to: number) {
  return [
    { name: 'output', bytes: markedBytes(journal, to) },
    { name: 'stdout', bytes: plainBytes(journal, to, 'stdout') },
    { name: 'stderr', bytes: plainBytes(journal, to, 'stderr') },
  ]
}
