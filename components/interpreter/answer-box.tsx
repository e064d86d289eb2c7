'use client'
import { useEffect, useId, useRef, useState } from 'react'
import { Button } from '@/components/ui/button'
import { TextInput } from '@/components/ui/field'
import { OutsideText } from '@/components/ui/outside-text'
import { visibleText } from '@/lib/display/visible-text'
import { toCallFailure } from '@/lib/queries/call-failure'
import { useAnswerCell } from './interpreter-mutations'

/** Answers the `input()` of a running cell. */
export function AnswerBox({
  sandboxId,
  contextId,
  prompt,
  password,
}: {
  sandboxId: string
  contextId: string
  prompt: string
  password: boolean
}) {
  const [text, setText] = useState('')
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const answer = useAnswerCell(sandboxId)
  useEffect(() => {
    // Ready for the answer, unless the user is typing elsewhere than in the cell that asks.
    const cell = field.current?.closest('[data-cell]')
    const focused = document.activeElement
    if (focused === document.body || cell?.contains(focused)) field.current?.focus({ preventScroll: true })
  }, [])
  const send = (eof: boolean) => answer.mutate({ contextId, text, eof })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (!answer.isPending) send(false)
      }}
      className="tone-time tone-ground flex flex-wrap items-center gap-2 rounded-chip border border-tone/50 p-2"
    >
      <label htmlFor={id} className="flex min-w-48 flex-1 items-center gap-2 font-mono text-body">
        {prompt.trim() === '' ? (
          <span className="sr-only">Input</span>
        ) : (
          <span className="max-w-[50%] shrink-0 truncate" title={visibleText(prompt)}>
            <OutsideText text={prompt} />
          </span>
        )}
        <TextInput
          id={id}
          ref={field}
          mono
          small
          type={password ? 'password' : 'text'}
          value={text}
          placeholder="type an answer…"
          onChange={(event) => setText(event.target.value)}
          className="flex-1"
        />
      </label>
      <Button size="sm" type="submit" variant="primary" busy={answer.isPending}>
        Send
      </Button>
      <Button size="sm" onClick={() => send(true)}>
        End of input
      </Button>
      {answer.error && (
        <p role="alert" className="basis-full text-label text-fail">
          <OutsideText text={toCallFailure(answer.error).message} />
        </p>
      )}
    </form>
  )
}
