import { type JournalQuery, type JournalWindow, maxJournalWindow } from '@/lib/process-api/extensions'
import type { Journal } from './journal'

/** A process that writes single bytes would make a short window a large document. */
const maxChunks = 20_000

/** A window of a journal with the times of its chunks. A window above 4 MiB is cut at its end and marked `truncated`. */
export async function readWindow(journal: Journal, query: JournalQuery): Promise<JournalWindow> {
  const { size } = journal
  const { droppedBytes, stderrBytes } = journal.sizes()
  const requestedEnd = query.tail === undefined ? (query.to ?? size) : size
  const start = query.tail === undefined ? (query.from ?? 0) : size - Math.min(query.tail, size, maxJournalWindow)
  const from = Math.min(start, size)
  const end = Math.max(from, Math.min(requestedEnd, size))
  let to = Math.min(end, from + maxJournalWindow)
  let truncated = to < end || (query.tail !== undefined && Math.min(query.tail, size) > maxJournalWindow)
  const chunks: JournalWindow['chunks'] = []
  for await (const chunk of journal.read({ from, to, stream: query.stream })) {
    if (chunks.length === maxChunks) {
      to = chunk.offset
      truncated = true
      break
    }
    const { offset, stream, wallMs, sinceStartMs, data } = chunk
    chunks.push({ offset, stream, wallMs, sinceStartMs, data: Buffer.from(data).toString('base64') })
  }
  return { size, stderrBytes, from, to, truncated, droppedBytes, chunks }
}
