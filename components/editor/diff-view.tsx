'use client'
import { syntaxHighlighting } from '@codemirror/language'
import { MergeView } from '@codemirror/merge'
import { EditorState } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { OutsideText } from '@/components/ui/outside-text'
import { codeHighlight, editorTheme } from './highlight'

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

export interface DiffSide {
  /** Names the side, above it and for screen readers. */
  label: string
  text: string
}

/** How long a comparison may take before it becomes coarser. */
const compareMs = 500

/** Two versions of a text side by side, the older one on the left. */
export default function DiffView({ before, after }: { before: DiffSide; after: DiffSide }) {
  const host = useRef<HTMLDivElement>(null)
  const key = JSON.stringify([before, after])
  useEffect(() => {
    if (!host.current) return
    const [first, second] = JSON.parse(key) as [DiffSide, DiffSide]
    const side = (doc: string, label: string) => ({
      doc,
      extensions: [
        editorTheme,
        diffTheme,
        syntaxHighlighting(codeHighlight),
        lineNumbers(),
        EditorView.lineWrapping,
        EditorState.readOnly.of(true),
        EditorView.editable.of(false),
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      ],
    })
    const view = new MergeView({
      parent: host.current,
      a: side(first.text, first.label),
      b: side(second.text, second.label),
      diffConfig: { timeout: compareMs },
      collapseUnchanged: { margin: 3, minSize: 8 },
    })
    return () => view.destroy()
  }, [key])
  return (
    <div className="flex h-full flex-col bg-term">
      <div className="flex shrink-0 border-b border-line text-label text-ink-3">
        <p className="min-w-0 flex-1 truncate px-3 py-1">
          <OutsideText text={before.label} />
        </p>
        <p className="min-w-0 flex-1 truncate px-3 py-1">
          <OutsideText text={after.label} />
        </p>
      </div>
      <div ref={host} className="min-h-0 flex-1 overflow-auto" />
    </div>
  )
}
