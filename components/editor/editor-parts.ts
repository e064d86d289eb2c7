/** Parts that the editors of a page and of a cell share. */
import { indentUnit } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { EditorView, placeholder } from '@codemirror/view'
import { type EditorLanguage, indentUnitOf, loadLanguage } from './languages'

/** @param hint shown while the editor is empty */
export function editorWords(label: string, hint: string, attributes: Readonly<Record<string, string>> = {}): Extension {
  return [
    placeholder(hint),
    EditorView.contentAttributes.of({
      'aria-label': label,
      'aria-description': 'Tab indents. Escape, then Tab leaves the editor.',
      tabindex: '0',
      autocapitalize: 'off',
      autocorrect: 'off',
      ...attributes,
    }),
  ]
}

/** Replace the whole text in one step, which undo reverts. */
export function replaceText(view: EditorView, text: string): void {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: 0 } })
}

/** Select a line, counted from 1, and scroll it into view. Returns false if there is no such line. */
export function selectLine(view: EditorView, line: number): boolean {
  if (line < 1 || line > view.state.doc.lines) return false
  const { from, to } = view.state.doc.line(line)
  view.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { y: 'center' }) })
  return true
}

/** Highlighting and indentation of a language. */
export async function languageSupport(language: EditorLanguage): Promise<Extension> {
  return [await loadLanguage(language), indentUnit.of(indentUnitOf(language))]
}
