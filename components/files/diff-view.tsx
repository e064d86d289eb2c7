'use client'
import { syntaxHighlighting } from '@codemirror/language'
import { MergeView } from '@codemirror/merge'
import { EditorState } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { codeHighlight, editorTheme } from '@/components/editor/highlight'

/** The colours of the page instead of the library's own. */
const diffTheme = EditorView.theme({
  '.cm-collapsedLines': {
    background: 'var(--raised)',
    color: 'var(--ink-2)',
    fontSize: '0.75rem',
    padding: '2px 12px',
    '&:before, &:after': { content: '""', margin: 0 },
  },
  '&.cm-merge-a .cm-changedLine, .cm-deletedChunk': {
    backgroundColor: 'color-mix(in oklab, var(--fail) 12%, transparent)',
  },
  '&.cm-merge-b .cm-changedLine': { backgroundColor: 'color-mix(in oklab, var(--ok) 12%, transparent)' },
  '&.cm-merge-a .cm-changedText': { background: 'color-mix(in oklab, var(--fail) 30%, transparent)' },
  '&.cm-merge-b .cm-changedText': { background: 'color-mix(in oklab, var(--ok) 30%, transparent)' },
})

/** Two versions of a text side by side: what the file has now, and what was typed here. */
export default function DiffView({ theirs, mine }: { theirs: string; mine: string }) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!host.current) return
    const side = (doc: string, label: string) => ({
      doc,
      extensions: [
        editorTheme,
        diffTheme,
        syntaxHighlighting(codeHighlight),
        lineNumbers(),
        EditorState.readOnly.of(true),
        EditorView.editable.of(false),
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      ],
    })
    const view = new MergeView({
      parent: host.current,
      a: side(theirs, 'The file now'),
      b: side(mine, 'Your text'),
      collapseUnchanged: { margin: 3, minSize: 8 },
    })
    return () => view.destroy()
  }, [theirs, mine])
  return (
    <div className="flex h-full flex-col bg-term">
      <div className="flex shrink-0 border-b border-line text-label text-ink-3">
        <p className="flex-1 px-3 py-1">The file now</p>
        <p className="flex-1 px-3 py-1">Your text</p>
      </div>
      <div ref={host} className="min-h-0 flex-1 overflow-auto" />
    </div>
  )
}
