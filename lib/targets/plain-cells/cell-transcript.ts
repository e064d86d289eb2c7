/** The output of one cell in memory: its beginning and its end, with a count of what was left out between them. */
import type { InterpreterRun, RunItem } from '@/lib/process-api/interpreter'

export type PlainCellPart =
  | { kind: 'output'; stream: 'stdout' | 'stderr'; text: string }
  | { kind: 'omitted'; chars: number }
  | { kind: 'item'; item: RunItem }
  | { kind: 'run'; run: InterpreterRun }

/** Characters of output that are stored from the beginning and from the end of a cell. */
const maxHeadChars = 512 * 1024
const maxTailChars = 512 * 1024

export class CellTranscript {
  private readonly head: PlainCellPart[] = []
  private headChars = 0
  private readonly tail: PlainCellPart[] = []
  private tailChars = 0
  private omittedChars = 0

  add(part: PlainCellPart): void {
    if (part.kind !== 'output') {
      ;(this.tail.length > 0 ? this.tail : this.head).push(part)
      return
    }
    if (this.headChars < maxHeadChars) {
      this.head.push(part)
      this.headChars += part.text.length
      return
    }
    this.tail.push(part)
    this.tailChars += part.text.length
    while (this.tailChars > maxTailChars && this.tail.length > 1) {
      const oldest = this.tail.findIndex(({ kind }) => kind === 'output')
      const [removed] = this.tail.splice(oldest, 1)
      if (removed?.kind !== 'output') return
      this.tailChars -= removed.text.length
      this.omittedChars += removed.text.length
    }
  }

  parts(): PlainCellPart[] {
    const gap: PlainCellPart[] = this.omittedChars > 0 ? [{ kind: 'omitted', chars: this.omittedChars }] : []
    return [...this.head, ...gap, ...this.tail]
  }

  text(): string {
    return this.parts()
      .map((part) => {
        if (part.kind === 'output') return part.text
        return part.kind === 'omitted' ? `\n[${part.chars} characters were not stored]\n` : ''
      })
      .join('')
  }
}
