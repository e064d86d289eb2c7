'use client'
import { CornerDownLeft, LoaderCircle } from 'lucide-react'
import { type KeyboardEvent, type Ref, useEffect, useRef, useState } from 'react'
import { useRunCommand } from '@/components/execution/session-mutations'
import { useSendQueue, withUnsent } from '@/components/execution/use-send-queue'
import { useHotkey } from '@/components/keys/hotkeys'
import { useCapabilities } from '@/components/target/use-capabilities'
import { Button } from '@/components/ui/button'
import { Checkbox } from '@/components/ui/checkbox'
import { controlDisplay } from '@/components/ui/field'
import { OutsideText } from '@/components/ui/outside-text'
import { counted } from '@/lib/display/counted'
import { visibleText } from '@/lib/display/visible-text'
import type { SessionDetail } from '@/lib/process-api/process'
import { toCallFailure } from '@/lib/queries/call-failure'
import { atDraft, historyOf, stepHistory } from './command-history'

/** Runs a command in the session. Enter runs it, Shift+Enter starts a new line, ↑ recalls earlier commands. */
export function CommandComposer({
  sandboxId,
  session,
  disabled,
  focused,
  onStarted,
}: {
  sandboxId: string
  session: SessionDetail
  /** Why commands cannot be started now, or null. */
  disabled: string | null
  /** The session was just created here, so the user types its first command next. */
  focused: boolean
  onStarted: (commandId: string) => void
}) {
  const [text, setText] = useState('')
  const [acceptsInput, setAcceptsInput] = useState(true)
  const [position, setPosition] = useState(atDraft)
  const field = useRef<HTMLTextAreaElement>(null)
  const { input } = useCapabilities(sandboxId)
  useEffect(() => {
    if (focused) field.current?.focus()
  }, [focused])
  const run = useRunCommand(sandboxId, session.sessionId, onStarted)
  const send = useSendQueue(run.mutateAsync, (unsent) =>
    setText((typed) =>
      withUnsent(
        unsent.map(({ command }) => command),
        typed,
      ),
    ),
  )
  useHotkey('command.new', () => field.current?.focus(), disabled === null)

  const submit = () => {
    if (text.trim() === '' || disabled !== null) return
    // Cleared at once: clearing it at the answer would delete a command that the user types meanwhile.
    setText('')
    setPosition(atDraft)
    send({ command: text, mode: acceptsInput ? 'background' : 'wait' })
  }
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      submit()
      return
    }
    const step = historyStep(event)
    const next = step && stepHistory(historyOf(session.commands), position, text, step)
    if (!next) return
    event.preventDefault()
    setPosition(next.position)
    setText(next.text)
  }
  const ahead = session.commands.filter((one) => one.state === 'running' || one.state === 'queued').length
  return (
    <form
      aria-label={visibleText(`Run a command in ${session.sessionId}`)}
      className="shrink-0 border-t border-line bg-surface p-2"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <ComposerField
        ref={field}
        value={text}
        placeholder={
          disabled ?? (session.sessionId.length > 20 ? 'run a command…' : visibleText(`run in ${session.sessionId}…`))
        }
        disabled={disabled !== null}
        onKeyDown={onKeyDown}
        onChange={(next) => {
          setText(next)
          setPosition(atDraft)
        }}
      />
      <div className="mt-1.5 flex flex-wrap items-center gap-2">
        {input && (
          <Checkbox
            label="Accept input (stdin)"
            hint="Off: programs read end-of-file"
            checked={acceptsInput}
            onChange={setAcceptsInput}
          />
        )}
        <Button
          type="submit"
          size="md"
          variant="primary"
          className="ml-auto"
          disabled={disabled !== null || text.trim() === ''}
          icon={
            run.isPending ? (
              <LoaderCircle strokeWidth={1.5} className="animate-slow-spin" />
            ) : (
              <CornerDownLeft strokeWidth={1.5} />
            )
          }
        >
          {ahead > 0 ? 'Queue' : 'Run'}
        </Button>
        {ahead > 0 && <p className="basis-full text-label text-ink-3">Waits for {counted(ahead, 'command')}.</p>}
      </div>
      {run.error && (
        <p role="alert" className="mt-1 text-body text-fail">
          <OutsideText text={sentences(toCallFailure(run.error))} />
        </p>
      )}
    </form>
  )
}

function ComposerField({
  ref,
  value,
  placeholder,
  disabled,
  onKeyDown,
  onChange,
}: {
  ref: Ref<HTMLTextAreaElement>
  value: string
  placeholder: string
  disabled: boolean
  onKeyDown: (event: KeyboardEvent<HTMLTextAreaElement>) => void
  onChange: (value: string) => void
}) {
  return (
    <div className="relative">
      <span
        aria-hidden="true"
        className="absolute top-1.5 left-2.5 font-mono text-body text-accent pointer-coarse:top-3"
      >
        ❯
      </span>
      <textarea
        ref={ref}
        rows={1}
        aria-label="Command"
        aria-keyshortcuts="Enter"
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        autoComplete="off"
        value={value}
        placeholder={placeholder}
        disabled={disabled}
        onKeyDown={onKeyDown}
        onChange={(event) => onChange(event.target.value)}
        className={`${controlDisplay} field-sizing-content block h-auto max-h-40 min-h-8 resize-none py-[5px] pl-7 font-mono pointer-coarse:h-auto pointer-coarse:min-h-11 pointer-coarse:py-[11px]`}
      />
    </div>
  )
}

/** ↑ on the first line goes to older commands, ↓ on the last line to newer ones; elsewhere they move the cursor. */
function historyStep(event: KeyboardEvent<HTMLTextAreaElement>): 1 | -1 | null {
  if (event.shiftKey || event.altKey || event.metaKey || event.ctrlKey) return null
  const { value, selectionStart, selectionEnd } = event.currentTarget
  if (selectionStart !== selectionEnd) return null
  if (event.key === 'ArrowUp' && !value.slice(0, selectionStart).includes('\n')) return 1
  if (event.key === 'ArrowDown' && !value.slice(selectionEnd).includes('\n')) return -1
  return null
}

function sentences({ message, hint }: { message: string; hint?: string }): string {
  return hint === undefined ? message : `${message} ${hint}`
}
