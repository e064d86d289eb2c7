import { type JournalQuery, type JournalWindow, maxJournalWindow } from '@/lib/process-api/extensions'
import type { Journal } from './journal'

/** More pieces than this are cut too: a process that writes bytes one by one makes a short window a long document. */
const maxChunks = 20_000

/** A window of a journal with the times of its pieces. At most 4 MiB; a longer one is cut at its end and says so. */
export async function readWindow(journal: Journal, query: JournalQuery): Promise<JournalWindow> {
  const { size } = journal
  const { droppedBytes, stderrBytes } = journal.sizes()
  const wanted = query.tail === undefined ? (query.to ?? size) : size
  const start = query.tail === undefined ? (query.from ?? 0) : size - Math.min(query.tail, size, maxJournalWindow)
  const from = Math.min(start, size)
  const end = Math.max(from, Math.min(wanted, size))
  let to = Math.min(end, from + maxJournalWindow)
  let truncated = to < end || (query.tail !== undefined && Math.min(query.tail, size) > maxJournalWindow)
  const chunks: JournalWindow['chunks'] = []
  for await (const segment of journal.read({ from, to, stream: query.stream })) {
    if (chunks.length === maxChunks) {
      to = segment.offset
      truncated = true
      break
    }
    const { offset, stream, wallMs, sinceStartMs, data } = segment
    chunks.push({ offset, stream, wallMs, sinceStartMs, data: Buffer.from(data).toString('base64') })
  }
  return { size, stderrBytes, from, to, truncated, droppedBytes, chunks }
}
