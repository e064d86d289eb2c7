import type { CastSource } from '@/lib/replay/cast-source'
import { PlainText } from '@/lib/replay/plain-text'
import type { ReplayMark } from '@/lib/replay/replay-event'

const maxMatches = 200

/**
 * The times at which a text was printed, whatever its case. Text that a program draws in parts, over other text, is
 * found where its last part is printed.
 */
export async function findInCast(source: CastSource, text: string, signal: AbortSignal): Promise<ReplayMark[]> {
  const cursor = source.open()
  const plain = new PlainText()
  const wanted = text.toLowerCase()
  const marks: ReplayMark[] = []
  let line = ''
  for (let batch = await cursor.next(signal); batch.length > 0; batch = await cursor.next(signal)) {
    for (const event of batch) {
      if (event.kind !== 'output' || typeof event.data !== 'string') continue
      const before = countOf(line, wanted)
      const lines = plain.add(event.data)
      const shown = lines + plain.incompleteLine
      const found = countOf(shown.toLowerCase(), wanted)
      if (found > before) marks.push({ kind: 'match', fromMs: event.ms, toMs: event.ms, label: text })
      if (marks.length >= maxMatches) return marks
      line = plain.incompleteLine.toLowerCase()
    }
  }
  return marks
}

function countOf(text: string, wanted: string): number {
  return text.split(wanted).length - 1
}
