/**
 * Parts of a cell that were received and not sent yet. Too much output loses its middle: the beginning of the cell and
 * the newest part are always sent, so that a flood neither fills memory nor delays the end of the cell.
 */
import type { CellPart } from '../cell-protocol'

/** The first characters of a cell that are never omitted, and the newest characters that may wait. */
export const cellHeadChars = 64 * 1024
export const cellTailChars = 128 * 1024

export class CellBuffer {
  private parts: CellPart[] = []
  /** Characters of waiting output after the head. */
  private waiting = 0
  private received = 0
  /** Index of the first part after the head. */
  private headParts = 0

  get isEmpty(): boolean {
    return this.parts.length === 0
  }

  push(part: CellPart): void {
    if (part.kind === 'output') this.pushOutput(part)
    else this.parts.push(part)
    if (this.waiting > cellTailChars * 2) this.omit()
  }

  /** All waiting parts; the buffer is empty afterwards. */
  take(): CellPart[] {
    const { parts } = this
    this.parts = []
    this.waiting = 0
    this.headParts = 0
    return parts
  }

  private pushOutput(part: Extract<CellPart, { kind: 'output' }>): void {
    const isHead = this.received < cellHeadChars
    this.received += part.text.length
    const last = this.parts.at(-1)
    if (isHead) {
      this.parts.push(part)
      this.headParts = this.parts.length
      return
    }
    this.waiting += part.text.length
    const joins =
      last?.kind === 'output' &&
      last.stream === part.stream &&
      this.parts.length > this.headParts &&
      last.text.length < maxPartChars
    if (joins) this.parts[this.parts.length - 1] = { ...last, text: last.text + part.text }
    else this.parts.push(part)
  }

  /** Remove the oldest output after the head until only the tail is left; items and states stay. */
  private omit(): void {
    const kept: CellPart[] = this.parts.slice(0, this.headParts)
    let omitted = 0
    for (const part of this.parts.slice(this.headParts)) {
      const excess = this.waiting - cellTailChars
      if (part.kind === 'omitted') {
        omitted += part.chars
      } else if (part.kind === 'output' && excess > 0) {
        const dropped = Math.min(part.text.length, excess)
        this.waiting -= dropped
        omitted += dropped
        const rest = part.text.slice(dropped)
        if (rest !== '') {
          kept.push({ kind: 'omitted', chars: omitted }, { ...part, text: rest })
          omitted = 0
        }
      } else {
        if (omitted > 0) kept.push({ kind: 'omitted', chars: omitted })
        omitted = 0
        kept.push(part)
      }
    }
    if (omitted > 0) kept.push({ kind: 'omitted', chars: omitted })
    this.parts = kept
  }
}

/** Parts are joined up to this length, because a program may write one character at a time. */
const maxPartChars = 16 * 1024
