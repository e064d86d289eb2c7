/** When the output of a journal arrived, from its index alone: the basis of a seek bar. */
import { setImmediate as pause } from 'node:timers/promises'
import { type JournalTimeline, maxTimelineSlots } from '@/lib/process-api/extensions'
import type { Journal } from './journal'
import type { JournalSpan } from './reader'

const recordsPerPause = 32_768

type Slot = JournalTimeline['slots'][number]

export async function readTimeline(journal: Journal): Promise<JournalTimeline> {
  const { size } = journal
  const timeline = new Timeline()
  let seen = 0
  for (const span of journal.spans(size)) {
    timeline.add(span)
    seen += 1
    if (seen % recordsPerPause === 0) await pause()
  }
  return { size, ...timeline.finish(size) }
}

/**
 * Counts spans in slots of equal length. The duration is not known before the last span, so the slots start short and
 * are joined in pairs whenever there would be too many.
 */
export class Timeline {
  private slotMs = 1
  private slots: (Slot | undefined)[] = []
  private lastMs = 0

  constructor(private readonly maxSlots = maxTimelineSlots) {}

  /** Spans come in the order of their offsets. One that is dated before the last counts as simultaneous with it. */
  add({ offset, length, stream, sinceStartUs }: JournalSpan): void {
    this.lastMs = Math.max(this.lastMs, sinceStartUs / 1000)
    while (this.lastMs >= this.slotMs * this.maxSlots) this.joinPairs()
    const index = Math.floor(this.lastMs / this.slotMs)
    const slot = this.slots[index] ?? [offset, 0, 0]
    slot[1] += length
    if (stream === 'stderr') slot[2] += length
    this.slots[index] = slot
  }

  /** @param size of the journal, the offset of slots after the last output */
  finish(size: number): Omit<JournalTimeline, 'size'> {
    const slots: Slot[] = []
    let next = size
    for (let index = this.slots.length - 1; index >= 0; index -= 1) {
      const slot = this.slots[index] ?? [next, 0, 0]
      slots.push(slot)
      next = slot[0]
    }
    return { durationMs: this.lastMs, slotMs: this.slotMs, slots: slots.reverse() }
  }

  private joinPairs(): void {
    const joined: (Slot | undefined)[] = []
    for (const [index, slot] of this.slots.entries()) {
      if (!slot) continue
      const pair = joined[index >> 1]
      if (pair) {
        pair[1] += slot[1]
        pair[2] += slot[2]
      } else joined[index >> 1] = slot
    }
    this.slots = joined
    this.slotMs *= 2
  }
}
