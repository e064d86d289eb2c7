'use client'
import type { ReactNode } from 'react'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions } from '@/components/ui/dialog'
import { OutsideText } from '@/components/ui/outside-text'
import { formatBytes } from '@/components/ui/quantity'
import { counted } from '@/lib/display/counted'
import { lineCount } from './paste'
import type { PtyView, PtyViewState } from './pty-view'

/** A preview of a long text shows this many characters. */
const maxPreview = 4_000

/** What a terminal asks or reports: a paste to confirm, a clipboard request, input that may not have been delivered. */
export function TerminalNotices({ view, state }: { view: PtyView; state: PtyViewState }) {
  const { pasteRequest, clipboardRequest, notSent, skipped } = state
  return (
    <>
      {notSent !== '' && (
        <Notice
          role="alert"
          actions={
            <>
              {state.phase !== 'exited' && (
                <Button size="sm" onClick={() => view.answerNotSent(true)}>
                  Send again
                </Button>
              )}
              <Button size="sm" variant="ghost" onClick={() => view.answerNotSent(false)}>
                Dismiss
              </Button>
            </>
          }
        >
          <strong className="font-medium text-ink">Not sent:</strong>{' '}
          <code className="break-all text-ink">
            <OutsideText text={preview(notSent, 120)} />
          </code>{' '}
          The connection was lost, and this input may not have arrived.
        </Notice>
      )}
      {clipboardRequest !== null && (
        <Notice
          role="alert"
          actions={
            <>
              <Button size="sm" onClick={() => view.answerClipboard(true)}>
                Allow
              </Button>
              <Button size="sm" variant="ghost" onClick={() => view.answerClipboard(false)}>
                Refuse
              </Button>
            </>
          }
        >
          A program in this terminal wants to write to your clipboard:{' '}
          <code className="break-all text-ink">
            <OutsideText text={preview(clipboardRequest, 80)} />
          </code>
        </Notice>
      )}
      {skipped > 0 && (
        <p className="sr-only" role="status">
          {formatBytes(skipped)} of output were skipped because this window was too slow.
        </p>
      )}
      <PasteDialog text={pasteRequest} onAnswer={(text) => view.answerPaste(text)} />
    </>
  )
}

/** A line above a terminal, with what the user can do about it. */
export function Notice({
  role,
  actions,
  children,
}: {
  role: 'alert' | 'status'
  actions: ReactNode
  children: ReactNode
}) {
  return (
    <div
      role={role}
      className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-raised px-3 py-1.5 text-label text-ink-2"
    >
      <p className="min-w-40 flex-1">{children}</p>
      <div className="flex gap-1">{actions}</div>
    </div>
  )
}

/** A pasted line break runs what is before it, so the user sees the text first. */
function PasteDialog({ text, onAnswer }: { text: string | null; onAnswer: (text: string | null) => void }) {
  return (
    <Dialog
      keepsFocus
      size="lg"
      open={text !== null}
      onOpenChange={(open) => !open && onAnswer(null)}
      title={text === null ? 'Paste' : `Paste ${counted(lineCount(text), 'line')}?`}
      description="The text contains line breaks: a shell may run each line at once."
    >
      {text !== null && (
        <>
          <section
            aria-label="Text to paste"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: the region scrolls, so the keyboard must reach it
            tabIndex={0}
            className="max-h-60 overflow-auto rounded-control border border-line bg-term p-2 font-mono text-label whitespace-pre-wrap text-ink-2 [overflow-wrap:anywhere]"
          >
            <OutsideText text={preview(text, maxPreview)} lines />
          </section>
          {text.length > maxPreview && (
            <p className="mt-1 text-label text-ink-3">
              The first {maxPreview.toLocaleString('en')} of {text.length.toLocaleString('en')} characters.
            </p>
          )}
          <DialogActions>
            <Button size="lg" variant="ghost" onClick={() => onAnswer(null)}>
              Cancel
            </Button>
            {lineCount(text) > 1 && text.length <= maxPreview && (
              <Button size="lg" onClick={() => onAnswer(text.replace(/\s*[\r\n]+\s*/g, ' ').trimEnd())}>
                Paste as one line
              </Button>
            )}
            <Button size="lg" variant="primary" autoFocus onClick={() => onAnswer(text)}>
              Paste
            </Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  )
}

function preview(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}…`
}
