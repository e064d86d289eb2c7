'use client'
import { CaseSensitive, ChevronDown, ChevronUp, Regex, X } from 'lucide-react'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { IconButton } from '@/components/ui/button'
import { TextInput } from '@/components/ui/field'
import { countWord, isRegex } from '@/components/ui/find-words'
import type { PtyView } from './pty-view'

/** Find on the screen and in the scrollback. */
export function TerminalFind({
  view,
  matches,
  onClose,
}: {
  view: PtyView
  matches: { index: number; count: number }
  onClose: () => void
}) {
  const [term, setTerm] = useState('')
  const [regex, setRegex] = useState(false)
  const [caseSensitive, setCaseSensitive] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const invalid = regex && !isRegex(term)

  useEffect(() => {
    field.current?.focus()
    return () => view.clearFind()
  }, [view])

  useEffect(() => {
    if (!invalid) view.find(term, { regex, caseSensitive, wholeWord: false, incremental: true }, 'previous')
  }, [view, term, regex, caseSensitive, invalid])

  const go = (direction: 'next' | 'previous') => {
    if (!invalid) view.find(term, { regex, caseSensitive, wholeWord: false, incremental: false }, direction)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onClose()
    else if (event.key === 'Enter') go(event.shiftKey ? 'next' : 'previous')
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <search
      aria-label="Find in this terminal"
      className="flex min-h-8 shrink-0 flex-wrap items-center gap-1 border-b border-line bg-raised px-2 py-1"
      onKeyDown={onKeyDown}
    >
      <TextInput
        ref={field}
        small
        mono
        type="search"
        aria-label="Find"
        placeholder="Find"
        className="max-w-60 min-w-32 flex-1"
        aria-invalid={invalid || undefined}
        value={term}
        onChange={(event) => setTerm(event.target.value)}
      />
      <span role="status" className="min-w-16 px-1 text-label text-ink-2 tabular-nums">
        {term !== '' && (invalid ? 'Invalid regular expression' : countWord(matches))}
      </span>
      <IconButton
        size="sm"
        label="Previous match (Enter)"
        icon={<ChevronUp strokeWidth={1.5} />}
        onClick={() => go('previous')}
      />
      <IconButton
        size="sm"
        label="Next match (Shift+Enter)"
        icon={<ChevronDown strokeWidth={1.5} />}
        onClick={() => go('next')}
      />
      <IconButton
        size="sm"
        label="Match case"
        pressed={caseSensitive}
        icon={<CaseSensitive strokeWidth={1.5} />}
        onClick={() => setCaseSensitive(!caseSensitive)}
      />
      <IconButton
        size="sm"
        label="Regular expression"
        pressed={regex}
        icon={<Regex strokeWidth={1.5} />}
        onClick={() => setRegex(!regex)}
      />
      <IconButton
        size="sm"
        label="Close (Escape)"
        className="ml-auto"
        icon={<X strokeWidth={1.5} />}
        onClick={onClose}
      />
    </search>
  )
}
