'use client'
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import {
  crosshairCursor,
  drawSelection,
  dropCursor,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  rectangularSelection,
} from '@codemirror/view'
import { useEffect, useEffectEvent, useRef } from 'react'
import { editorWords, languageSupport, replaceText, selectLine } from './editor-parts'
import { codeHighlight, editorTheme } from './highlight'
import type { EditorLanguage } from './languages'
import { type LineMark, lineMarks, markLine } from './line-mark'

/**
 * The code editor. A `value` that did not come from typing replaces the text in one step, which undo reverts. The
 * editor view is created once; language, label and hint are updated in place.
 */
export default function CodeEditor({
  value,
  language,
  label,
  hint,
  readOnly = false,
  line = null,
  mark = null,
  shown: shownLine = null,
  onChange,
}: {
  value: string
  language: EditorLanguage
  /** Name of the editor for screen readers. */
  label: string
  /** Shown while it is empty. */
  hint: string
  readOnly?: boolean
  /** A line to show, from 1; null shows the beginning. */
  line?: number | null
  /** A line with a mark, until the line is removed. */
  mark?: LineMark | null
  /** A line to select and focus; each new object does so again. */
  shown?: { line: number } | null
  onChange: (text: string) => void
}) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const parts = useRef({ language: new Compartment(), words: new Compartment(), access: new Compartment() })
  /** The view's current text, so that a value that the view itself reported is not applied again. */
  const shown = useRef(value)
  const changed = useEffectEvent(onChange)
  const initial = useEffectEvent(() => ({ value, words: words(label, hint), access: access(readOnly) }))

  useEffect(() => {
    if (!host.current) return
    const first = initial()
    shown.current = first.value
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: first.value,
        extensions: [
          frame,
          lineMarks,
          parts.current.language.of([]),
          parts.current.words.of(first.words),
          parts.current.access.of(first.access),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return
            shown.current = update.state.doc.toString()
            changed(shown.current)
          }),
        ],
      }),
    })
    view.current = made
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
    const made = view.current
    if (made && line !== null) selectLine(made, line)
  }, [line])

  useEffect(() => {
    if (view.current) markLine(view.current, mark)
  }, [mark])

  useEffect(() => {
    const made = view.current
    if (made && shownLine && selectLine(made, shownLine.line)) made.focus()
  }, [shownLine])

  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.words.reconfigure(words(label, hint)) })
  }, [label, hint])

  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.access.reconfigure(access(readOnly)) })
  }, [readOnly])

  useEffect(() => {
    let current = true
    void languageSupport(language).then((support) => {
      if (current) view.current?.dispatch({ effects: parts.current.language.reconfigure(support) })
    })
    return () => {
      current = false
    }
  }, [language])

  return <div ref={host} className="h-full min-h-0 min-w-0" />
}

/** Text that cannot be changed can still be focused, searched and copied. */
function access(readOnly: boolean): Extension {
  return readOnly ? [EditorState.readOnly.of(true), EditorView.editable.of(false)] : []
}

function words(label: string, hint: string): Extension {
  return editorWords(label, hint, { 'data-pane-focus': '' })
}

const frame: Extension = [
  editorTheme,
  syntaxHighlighting(codeHighlight),
  lineNumbers(),
  highlightActiveLineGutter(),
  highlightSpecialChars(),
  history(),
  drawSelection(),
  dropCursor(),
  EditorState.allowMultipleSelections.of(true),
  indentOnInput(),
  bracketMatching(),
  closeBrackets(),
  autocompletion({ icons: false }),
  rectangularSelection(),
  crosshairCursor(),
  highlightActiveLine(),
  highlightSelectionMatches(),
  // Closes suggestions when ⌘Enter runs the code. The page handles keydown itself.
  EditorView.domEventHandlers({
    keyup(event, view) {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) closeCompletion(view)
    },
  }),
  keymap.of([
    ...closeBracketsKeymap,
    ...defaultKeymap,
    ...searchKeymap,
    ...historyKeymap,
    ...completionKeymap,
    indentWithTab,
  ]),
]
