/** A text with edits, and a map from positions in the result to positions in the source. */

export interface Position {
  /** 1-based, as in a stack trace. */
  line: number
  column: number
}

interface Edit {
  start: number
  end: number
  text: string
}

/** A part of the result: copied from `from`, or inserted because of the source there. */
interface Piece {
  text: string
  from: number
  isCopy: boolean
}

export class Rewriting {
  private readonly edits: Edit[] = []
  private readonly pieces: Piece[] = []

  constructor(readonly source: string) {}

  /** Replace a range. Edits must not overlap. */
  replace(start: number, end: number, text: string): void {
    this.edits.push({ start, end, text })
  }

  /** Append a new text. Errors in it are reported at `from`. */
  add(text: string, from: number): void {
    if (text !== '') this.pieces.push({ text, from, isCopy: false })
  }

  /** Append a range of the source with the edits inside it; the ranges in `without` become `;`. */
  copy(start: number, end: number, without: ReadonlyArray<{ start: number; end: number }> = []): void {
    const inside = [...this.edits, ...without.map((range) => ({ ...range, text: ';' }))]
      .filter((edit) => edit.start >= start && edit.end <= end)
      // An insertion at the end of a range belongs to what follows.
      .filter((edit) => edit.start < end || end === this.source.length)
      .sort(inOrder)
    let at = start
    for (const edit of inside) {
      if (edit.start < at) continue
      this.copyPlain(at, edit.start)
      this.add(edit.text, edit.start)
      at = edit.end
    }
    this.copyPlain(at, end)
  }

  finish(): Rewritten {
    return new Rewritten(this.source, this.pieces)
  }

  private copyPlain(start: number, end: number): void {
    if (end > start) this.pieces.push({ text: this.source.slice(start, end), from: start, isCopy: true })
  }
}

export class Rewritten {
  readonly text: string
  private readonly begins: number[] = []
  private readonly lines: number[]
  private readonly sourceLines: number[]

  constructor(
    source: string,
    private readonly pieces: readonly Piece[],
  ) {
    let length = 0
    for (const piece of pieces) {
      this.begins.push(length)
      length += piece.text.length
    }
    this.text = pieces.map((piece) => piece.text).join('')
    this.lines = beginningsOfLines(this.text)
    this.sourceLines = beginningsOfLines(source)
  }

  /** The position in the source of a position in the result. */
  locate({ line, column }: Position): Position {
    const offset = (this.lines[line - 1] ?? this.text.length) + column - 1
    const index = lastNotAbove(this.begins, offset)
    const piece = this.pieces[index]
    if (!piece) return { line, column }
    const original = piece.isCopy ? piece.from + offset - (this.begins[index] ?? 0) : piece.from
    const sourceLine = lastNotAbove(this.sourceLines, original)
    return { line: sourceLine + 1, column: original - (this.sourceLines[sourceLine] ?? 0) + 1 }
  }
}

/** Insertions come before replacements at the same position; of two replacements the longer one contains the other. */
function inOrder(a: Edit, b: Edit): number {
  const between = Number(b.start === b.end) - Number(a.start === a.end)
  return a.start - b.start || between || b.end - a.end
}

function beginningsOfLines(text: string): number[] {
  const begins = [0]
  for (const { index, 0: end } of text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) begins.push(index + end.length)
  return begins
}

/** Index of the last of the ascending numbers that is not greater than the value. */
function lastNotAbove(numbers: readonly number[], value: number): number {
  let low = 0
  let high = numbers.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((numbers[middle] ?? 0) <= value) low = middle
    else high = middle - 1
  }
  return low
}
