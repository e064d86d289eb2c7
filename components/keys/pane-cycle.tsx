'use client'
import { useHotkey } from './hotkeys'

/** F6 and Shift+F6 move the focus to the next or previous visible pane, to its `data-pane-focus` element if it has one. */
export function PaneCycle() {
  useHotkey('pane.next', () => focusPane(1))
  useHotkey('pane.previous', () => focusPane(-1))
  return null
}

function focusPane(step: 1 | -1): boolean {
  const panes = Array.from(document.querySelectorAll<HTMLElement>('[data-pane]')).filter(
    (pane) => pane.getClientRects().length > 0,
  )
  if (panes.length === 0) return false
  const current = panes.findIndex((pane) => pane.contains(document.activeElement))
  const next = current === -1 ? (step === 1 ? 0 : panes.length - 1) : (current + step + panes.length) % panes.length
  const pane = panes[next]
  const target = pane?.querySelector<HTMLElement>('[data-pane-focus]') ?? pane
  target?.focus()
  return true
}
