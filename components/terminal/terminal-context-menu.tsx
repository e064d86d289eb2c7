'use client'
import { ContextMenu as Radix } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import type { PtyView } from './pty-view'

const row =
  'flex min-h-7 cursor-default items-center justify-between gap-4 rounded-chip px-2 text-body text-ink outline-none select-none data-disabled:opacity-50 data-highlighted:bg-hover pointer-coarse:min-h-11'

/** Copy and paste by the mouse. Shift with a right click opens the browser's own menu. */
export function TerminalContextMenu({
  view,
  onFind,
  children,
}: {
  view: PtyView | null
  onFind: () => void
  children: ReactNode
}) {
  const [hasSelection, setHasSelection] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  return (
    <Radix.Root
      modal={false}
      onOpenChange={(open) => {
        if (open) setHasSelection(view?.hasSelection ?? false)
        setProblem(null)
      }}
    >
      <Radix.Trigger
        asChild
        disabled={view === null}
        onContextMenu={(event) => {
          if (event.shiftKey) event.stopPropagation()
        }}
      >
        {children}
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label="Terminal"
          collisionPadding={8}
          onCloseAutoFocus={(event) => {
            event.preventDefault()
            view?.focus()
          }}
          className="z-50 min-w-44 animate-overlay-in rounded-overlay border border-line bg-raised p-1 shadow-overlay"
        >
          <Item disabled={!hasSelection} keys="Ctrl+Shift+C" onSelect={() => void view?.copy()}>
            Copy
          </Item>
          <Radix.Item
            className={row}
            onSelect={(event) => {
              event.preventDefault()
              void view?.pasteFromClipboard().then((done) => {
                if (!done) setProblem('Press Ctrl+Shift+V: the browser does not let this page read the clipboard.')
              })
            }}
          >
            Paste <Keys>Ctrl+Shift+V</Keys>
          </Radix.Item>
          {problem && (
            <p role="alert" className="max-w-60 px-2 py-1 text-label text-ink-2">
              {problem}
            </p>
          )}
          <Item onSelect={() => view?.selectAll()}>Select all</Item>
          <Item keys="Ctrl+Shift+F" onSelect={onFind}>
            Find
          </Item>
          <Radix.Separator className="my-1 h-px bg-line" />
          <Item onSelect={() => view?.clearScrollback()}>Clear scrollback</Item>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

function Item({
  disabled,
  keys,
  onSelect,
  children,
}: {
  disabled?: boolean
  keys?: string
  onSelect: () => void
  children: ReactNode
}) {
  return (
    <Radix.Item disabled={disabled} className={row} onSelect={onSelect}>
      {children}
      {keys && <Keys>{keys}</Keys>}
    </Radix.Item>
  )
}

function Keys({ children }: { children: string }) {
  return <span className="text-label text-ink-3 pointer-coarse:hidden">{children}</span>
}
