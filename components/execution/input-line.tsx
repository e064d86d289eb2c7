'use client'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useHotkey } from '@/components/keys/hotkeys'
import { useCapabilities } from '@/components/target/use-capabilities'
import { classNames } from '@/components/ui/class-names'
import { OutsideText } from '@/components/ui/outside-text'
import { Tooltip } from '@/components/ui/tooltip'
import { toCallFailure } from '@/lib/queries/call-failure'
import type { CommandInput } from './session-mutations'
import { useSendQueue, withUnsent } from './use-send-queue'

/**
 * Input for a running run or command. Enter sends the text with a newline, Alt+Enter without, Shift+Enter starts another
 * line; pasted lines stay lines until they are sent. Ctrl+D on an empty line sends end-of-file, Ctrl+C without a selection
 * interrupts. Each way to send is also a button, for touch screens.
 */
export function InputLine({
  sandboxId,
  what,
  open,
  waiting,
  onSend,
  onInterrupt,
  error,
}: {
  sandboxId: string
  /** What receives the input, in the words of the page. */
  what: 'command' | 'run'
  /** Whether its standard input is open. */
  open: boolean
  /** Whether it is blocked until it gets input. */
  waiting: boolean
  onSend: (input: CommandInput) => Promise<unknown>
  onInterrupt: () => void
  /** Why the last input or interrupt failed. */
  error: Error | null
}) {
  const [text, setText] = useState('')
  const field = useRef<HTMLTextAreaElement>(null)
  const queue = useSendQueue(onSend, (unsent) =>
    setText((typed) =>
      withUnsent(
        unsent.map(({ data }) => data),
        typed,
      ),
    ),
  )
  const capabilities = useCapabilities(sandboxId)
  useHotkey('command.input', () => field.current?.focus(), open)
  useEffect(() => {
    // Ready for the input, unless the user is focused elsewhere on the page.
    if (waiting && document.activeElement === document.body) field.current?.focus({ preventScroll: true })
  }, [waiting])

  const send = (ending: Omit<CommandInput, 'data'>) => {
    if (text === '' && !ending.newline && !ending.eof) return
    // Cleared at once, so that the next line can be typed; restored if sending fails.
    setText('')
    queue({ data: text, ...ending })
  }
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return
    const { selectionStart, selectionEnd } = event.currentTarget
    const control = event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey
    if (event.key === 'Enter' && event.shiftKey) return
    if (event.key === 'Enter') send({ newline: !(event.altKey && capabilities.input), eof: false })
    else if (capabilities.input && control && event.key === 'd' && text === '') send({ newline: false, eof: true })
    else if (capabilities.signals && control && event.key === 'c' && selectionStart === selectionEnd) onInterrupt()
    else return
    event.preventDefault()
  }
  const lines = text.split('\n').length
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-x-2 max-sm:contents">
      {open ? (
        <label
          className={classNames(
            'flex min-w-40 flex-1 items-center gap-1 max-sm:basis-full',
            waiting && 'tone-time tone-ground rounded-chip px-1',
          )}
        >
          <span
            aria-hidden="true"
            className={classNames('font-mono text-body', waiting ? 'tone-time text-tone' : 'text-accent')}
          >
            ❯
          </span>
          <textarea
            ref={field}
            rows={1}
            aria-label={`Input for this ${what}`}
            placeholder={waiting ? `this ${what} is waiting for input…` : `send input to this ${what}…`}
            spellCheck={false}
            autoCapitalize="off"
            autoCorrect="off"
            autoComplete="off"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={onKeyDown}
            className="field-sizing-content max-h-40 min-h-8 min-w-0 flex-1 resize-none rounded-chip bg-transparent px-1.5 py-1.5 font-mono text-body -outline-offset-2 pointer-coarse:min-h-11 pointer-coarse:py-2.5 pointer-coarse:text-[16px]"
          />
        </label>
      ) : (
        <p className="min-w-0 flex-1 py-1.5 text-label text-ink-3 max-sm:basis-full">
          This {what} does not accept input: its stdin is closed.
        </p>
      )}
      <span className="flex items-center gap-0.5">
        {lines > 1 && (
          <span role="status" className="pr-1 text-label whitespace-nowrap text-ink-2">
            {lines} lines
          </span>
        )}
        {open && (
          <SendButton
            word="⏎"
            hint={lines > 1 ? 'Send the lines (Enter)' : 'Send the line (Enter)'}
            onSend={() => send({ newline: true, eof: false })}
          />
        )}
        {open && capabilities.input && (
          <>
            <SendButton
              word="no ⏎"
              hint="Send without a newline (Alt+Enter)"
              disabled={text === ''}
              onSend={() => send({ newline: false, eof: false })}
            />
            <SendButton word="^D" hint="Send end-of-file (Ctrl+D)" onSend={() => send({ newline: false, eof: true })} />
          </>
        )}
        {capabilities.signals && <SendButton word="^C" hint="Interrupt (Ctrl+C)" onSend={onInterrupt} />}
      </span>
      {error && (
        <p role="alert" className="basis-full pb-1 text-label text-fail">
          <OutsideText text={toCallFailure(error).message} />
        </p>
      )}
    </div>
  )
}

function SendButton({
  word,
  hint,
  disabled = false,
  onSend,
}: {
  word: string
  hint: string
  disabled?: boolean
  onSend: () => void
}) {
  return (
    <Tooltip text={hint} side="top">
      <button
        type="button"
        aria-label={hint}
        disabled={disabled}
        onClick={onSend}
        className="h-6 rounded-chip px-1.5 font-mono text-meta text-ink-2 transition-colors hover:not-disabled:bg-hover hover:not-disabled:text-ink disabled:opacity-50 pointer-coarse:min-h-11 pointer-coarse:min-w-11"
      >
        {word}
      </button>
    </Tooltip>
  )
}
