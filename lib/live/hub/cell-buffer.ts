/**
 * Parts of a cell that were received and not sent yet. Too much output loses its middle: the beginning of the cell and
 * the newest part are always sent, so that a flood neither fills memory nor delays the end of the cell. Items, such as
 * pictures, are never left out; whoever fills the buffer has to pause when `size` grows.
 */
import type { CellPart } from '../cell-protocol'

/** The first characters of a cell that are never omitted, and the newest characters that may wait. */
export const cellHeadChars = 64 * 1024
export const cellTailChars = 128 * 1024
/** Parts are joined up to this length, because a program may write one character at a time. */
const maxPartChars = 16 * 1024

interface Entry {
  part: CellPart
  /** Characters. */
  size: number
  /** Output that must not be omitted. */
  isHead: boolean
}

export class CellBuffer {
  private entries: Entry[] = []
  /** Characters of waiting output after the head. */
  private waiting = 0
  private received = 0
  private total = 0

  get isEmpty(): boolean {
    return this.entries.length === 0
  }

  /** Characters of everything that waits. */
  get size(): number {
    return this.total
  }

  /** @param size of the part in characters */
  push(part: CellPart, size = part.kind === 'output' ? part.text.length : 0): void {
    const isHead = part.kind === 'output' && this.received < cellHeadChars
    this.total += size
    if (part.kind === 'output') {
      this.received += size
      if (!isHead) this.waiting += size
    }
    if (isHead || !this.join(part)) this.entries.push({ part, size, isHead })
    if (this.waiting > cellTailChars * 2) this.omit()
  }

  /** The oldest parts, of about this many characters together. */
  take(maxChars: number): CellPart[] {
    let chars = 0
    let count = 0
    for (const { part, size, isHead } of this.entries) {
      if (count > 0 && chars + size > maxChars) break
      chars += size
      count += 1
      if (part.kind === 'output' && !isHead) this.waiting -= size
    }
    this.total -= chars
    return this.entries.splice(0, count).map(({ part }) => part)
  }

  /** Append output to the last part, if that is output of the same stream. */
  private join(part: CellPart): boolean {
    const last = this.entries.at(-1)
    if (part.kind !== 'output' || last?.part.kind !== 'output') return false
    if (last.isHead || last.part.stream !== part.stream || last.size >= maxPartChars) return false
    last.part = { ...last.part, text: last.part.text + part.text }
    last.size += part.text.length
    return true
  }

  /** Remove the oldest output after the head until only the tail is left; items and states stay. */
  private omit(): void {
    const kept: Entry[] = []
    let omitted = 0
    const mark = () => {
      if (omitted > 0) kept.push({ part: { kind: 'omitted', chars: omitted }, size: 0, isHead: false })
      omitted = 0
    }
    for (const entry of this.entries) {
      const { part, size, isHead } = entry
      const excess = this.waiting - cellTailChars
      if (part.kind === 'omitted') {
        omitted += part.chars
        continue
      }
      if (part.kind === 'output' && !isHead && excess > 0) {
        const dropped = Math.min(size, excess)
        this.waiting -= dropped
        this.total -= dropped
        omitted += dropped
        if (dropped === size) continue
        mark()
        kept.push({ part: { ...part, text: part.text.slice(dropped) }, size: size - dropped, isHead })
        continue
      }
      mark()
      kept.push(entry)
    }
    mark()
    this.entries = kept
  }
}
