import { HighlightStyle } from '@codemirror/language'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** Syntax colours from the terminal palette, which fits both themes. */
export const codeHighlight = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier, tags.controlKeyword], color: 'var(--ansi-5)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--ansi-2)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--ansi-3)' },
  {
    tag: [tags.comment, tags.lineComment, tags.blockComment, tags.docString],
    color: 'var(--ink-3)',
    fontStyle: 'italic',
  },
  {
    tag: [
      tags.function(tags.variableName),
      tags.function(tags.propertyName),
      tags.definition(tags.function(tags.variableName)),
    ],
    color: 'var(--ansi-4)',
  },
  { tag: [tags.typeName, tags.className, tags.namespace, tags.standard(tags.variableName)], color: 'var(--ansi-6)' },
  { tag: [tags.meta, tags.annotation, tags.processingInstruction], color: 'var(--ink-3)' },
  { tag: tags.escape, color: 'var(--ansi-6)' },
  { tag: tags.invalid, color: 'var(--fail)' },
])

/** Editor styles from the page's tokens, with the background and font size of the log beside it. */
export const editorTheme = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--term)', color: 'var(--ink)', fontSize: '0.8125rem' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.38', overflow: 'auto' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--accent)' },
  '.cm-line': { padding: '0 12px 0 6px' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '.cm-gutters': { backgroundColor: 'var(--term)', color: 'var(--ink-3)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 6px 0 12px', minWidth: '40px' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in oklab, var(--hover) 45%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--ink-2)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in oklab, var(--accent) 28%, transparent)',
  },
  '.cm-selectionMatch': { backgroundColor: 'color-mix(in oklab, var(--accent) 16%, transparent)' },
  '&.cm-focused .cm-matchingBracket': {
    backgroundColor: 'color-mix(in oklab, var(--accent) 22%, transparent)',
    outline: '1px solid var(--control)',
  },
  '&.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'color-mix(in oklab, var(--fail) 22%, transparent)' },
  '.cm-placeholder': { color: 'var(--ink-3)' },
  '.cm-searchMatch': { backgroundColor: 'color-mix(in oklab, var(--time) 30%, transparent)' },
  '.cm-searchMatch.cm-searchMatch-selected': { outline: '1px solid var(--time)' },
  '.cm-panels': { backgroundColor: 'var(--surface)', color: 'var(--ink)', fontFamily: 'var(--font-sans)' },
  '.cm-panels.cm-panels-top': { borderBottom: '1px solid var(--line)' },
  '.cm-panels.cm-panels-bottom': { borderTop: '1px solid var(--line)' },
  '.cm-panel.cm-search': { padding: '6px 28px 6px 8px', fontSize: '0.75rem' },
  '.cm-panel.cm-search label': { fontSize: '0.75rem', color: 'var(--ink-2)' },
  '.cm-textfield': {
    backgroundColor: 'var(--canvas)',
    border: '1px solid var(--control)',
    borderRadius: '6px',
    color: 'var(--ink)',
    fontSize: '0.75rem',
    height: '24px',
    padding: '0 8px',
  },
  '.cm-button': {
    backgroundColor: 'var(--raised)',
    backgroundImage: 'none',
    border: '1px solid var(--line)',
    borderRadius: '6px',
    color: 'var(--ink)',
    fontSize: '0.75rem',
    height: '24px',
    padding: '0 8px',
  },
  '.cm-button:hover': { backgroundColor: 'var(--hover)' },
  '.cm-panel.cm-search [name=close]': { color: 'var(--ink-2)', fontSize: '16px', right: '8px', top: '6px' },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line)',
    borderRadius: '8px',
    boxShadow: 'var(--overlay-shadow)',
    color: 'var(--ink)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', fontSize: '0.75rem' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--hover)', color: 'var(--ink)' },
})
