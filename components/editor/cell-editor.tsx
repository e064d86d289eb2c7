'use client'
import { closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import { drawSelection, EditorView, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view'
import { type Ref, useEffect, useEffectEvent, useImperativeHandle, useRef } from 'react'
import { editorWords, languageSupport, replaceText, selectLine } from './editor-parts'
import { codeHighlight, editorTheme } from './highlight'
import type { EditorLanguage } from './languages'

export interface CellEditorHandle {
  focus(): void
  /** Select a line, counted from 1, and scroll it into view. */
  showLine(line: number): void
}

/** An editor as high as its text, for one cell of a notebook. Keys that the page handles are left to it. */
export default function CellEditor({
  value,
  language,
  label,
  hint,
  onChange,
  onFocus,
  onLeave,
  ref,
}: {
  value: string
  /** Null for plain text. */
  language: EditorLanguage | null
  label: string
  hint: string
  onChange: (text: string) => void
  onFocus: () => void
  /** The cursor leaves the first line upwards or the last line downwards. */
  onLeave: (by: -1 | 1) => void
  ref: Ref<CellEditorHandle>
}) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const grammar = useRef(new Compartment())
  const words = useRef(new Compartment())
  const shown = useRef(value)
  const awaitsFocus = useRef(false)
  const changed = useEffectEvent(onChange)
  const focused = useEffectEvent(onFocus)
  const left = useEffectEvent(onLeave)
  const initial = useEffectEvent(() => ({ value, words: editorWords(label, hint) }))

  useImperativeHandle(
    ref,
    () => ({
      focus() {
        // The view is created after the parent has the handle.
        awaitsFocus.current = view.current === null
        view.current?.focus()
      },
      showLine(line) {
        const made = view.current
        if (made && selectLine(made, line)) made.focus()
      },
    }),
    [],
  )

  useEffect(() => {
    if (!host.current) return
    const first = initial()
    shown.current = first.value
    const leave = (by: -1 | 1) => (editor: EditorView) => {
      const { head, empty } = editor.state.selection.main
      const line = editor.state.doc.lineAt(head)
      if (!empty || line.number !== (by === -1 ? 1 : editor.state.doc.lines)) return false
      left(by)
      return true
    }
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: first.value,
        extensions: [
          frame,
          grammar.current.of([]),
          words.current.of(first.words),
          keymap.of([
            { key: 'ArrowUp', run: leave(-1) },
            { key: 'ArrowDown', run: leave(1) },
          ]),
          frameKeys,
          EditorView.domEventHandlers({ focus: () => focused() }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return
            shown.current = update.state.doc.toString()
            changed(shown.current)
          }),
        ],
      }),
    })
    view.current = made
    if (awaitsFocus.current) made.focus()
    awaitsFocus.current = false
    return () => {
      made.destroy()
      view.current = null
    }
  }, [])

  useEffect(() => {
    const made = view.current
    if (made && shown.current !== value) replaceText(made, value)
  }, [value])

  useEffect(() => {
    view.current?.dispatch({ effects: words.current.reconfigure(editorWords(label, hint)) })
  }, [label, hint])

  useEffect(() => {
    let current = true
    const reconfigure = (support: Extension) =>
      current && view.current?.dispatch({ effects: grammar.current.reconfigure(support) })
    if (language === null) reconfigure([])
    else void languageSupport(language).then(reconfigure)
    return () => {
      current = false
    }
  }, [language])

  return <div ref={host} className="min-w-0" />
}

const cellTheme = EditorView.theme({
  '&': { height: 'auto', backgroundColor: 'transparent' },
  '.cm-scroller': { overflow: 'auto hidden' },
  '.cm-gutters': { backgroundColor: 'transparent' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 6px 0 8px', minWidth: '32px' },
  '.cm-content': { padding: '6px 0' },
})

const frame: Extension = [
  cellTheme,
  editorTheme,
  syntaxHighlighting(codeHighlight),
  lineNumbers(),
  highlightSpecialChars(),
  history(),
  drawSelection(),
  indentOnInput(),
  bracketMatching(),
  closeBrackets(),
]

/** Without Mod-Enter, which inserts a line in other editors and runs the cell here. */
const frameKeys: Extension = keymap.of([
  ...closeBracketsKeymap,
  ...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter'),
  ...historyKeymap,
  indentWithTab,
])
