/** A mark at lines of an editor, such as the one where the last run failed. */
import { type Extension, RangeSet, StateEffect, StateField } from '@codemirror/state'
import { Decoration, EditorView, GutterMarker, gutterLineClass } from '@codemirror/view'

/** A line to mark, from 1, and why. */
export interface LineMark {
  line: number
  /** Shown when the pointer rests on the line, and read by screen readers. */
  reason: string
}

const setMark = StateEffect.define<LineMark | null>()

class MarkedGutter extends GutterMarker {
  override elementClass = 'cm-markedGutter'
}

const markedGutter = new MarkedGutter()

/** The mark moves with its line while the text changes, and ends with that line. */
const markField = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = marks.map(transaction.changes)
    for (const effect of transaction.effects) {
      if (!effect.is(setMark)) continue
      const { doc } = transaction.state
      const { value } = effect
      next =
        value === null || value.line > doc.lines
          ? Decoration.none
          : Decoration.set(lineDecoration(value.reason).range(doc.line(value.line).from))
    }
    return next
  },
  provide: (field) => EditorView.decorations.from(field),
})

function lineDecoration(reason: string): Decoration {
  return Decoration.line({ class: 'cm-markedLine', attributes: { title: reason } })
}

const markedGutters = gutterLineClass.compute([markField], (state) => {
  const positions: number[] = []
  state.field(markField).between(0, state.doc.length, (from) => {
    positions.push(state.doc.lineAt(from).from)
  })
  return RangeSet.of(positions.map((from) => markedGutter.range(from)))
})

const markTheme = EditorView.theme({
  '.cm-markedLine': { backgroundColor: 'color-mix(in oklab, var(--fail) 14%, transparent)' },
  '.cm-markedLine::after': { content: '"◀"', color: 'var(--fail)', marginLeft: '1ch' },
  '.cm-lineNumbers .cm-markedGutter': { color: 'var(--fail)', fontWeight: '600' },
})

export const lineMarks: Extension = [markField, markedGutters, markTheme]

export function markLine(view: EditorView, mark: LineMark | null): void {
  view.dispatch({ effects: setMark.of(mark) })
}
